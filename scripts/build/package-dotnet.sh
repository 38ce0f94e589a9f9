#!/usr/bin/env bash
# Makes the NuGet package, in dist/dotnet. Without the .NET SDK, only its sources.
set -euo pipefail
cd "$(dirname "$0")/../.."

if command -v dotnet > /dev/null; then
  # MSBuild takes a property from the environment, and reads this file after the project.
  DirectoryBuildTargetsPath="$PWD/scripts/build/package-dotnet.targets" npx jsii-pacmak --target dotnet
else
  echo 'NOT BUILT: there is no .NET SDK here, so dist/dotnet holds the sources of the NuGet package, uncompiled.'
  npx jsii-pacmak --target dotnet --code-only
fi
