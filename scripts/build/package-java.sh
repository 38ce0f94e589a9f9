#!/usr/bin/env bash
# Makes the Java artifact, in dist/java, against the lowest versions in package.json. `jsii-pacmak --target java` takes the latest
# versions: the result would need classes that only they have, and would require them in its pom.xml.
set -euo pipefail
cd "$(dirname "$0")/../.."

sources=$(mktemp -d "${TMPDIR:-/tmp}/java.XXXXXX")
trap 'rm -rf "$sources"' EXIT
rm -rf dist/java
mkdir -p dist/java

npx jsii-pacmak --target java --code-only --outdir "$sources"
pom="$sources/java/pom.xml"
# jsii and CDK require their dependencies in ranges, and Maven would read the description of every version. The pins are for this build only.
# A version that is required here wins over CDK's in an app that names this artifact first. So the version of constructs is left to CDK,
# and that of jsii-runtime stays a range with few versions.
sed -E \
  -e '/<artifactId>jsii-runtime<\/artifactId>/{n;b}' \
  -e '/<artifactId>constructs<\/artifactId>/{n;s#$#\n      <scope>provided</scope>#}' \
  -e 's#<version>\[([^,<]+),[^<]*</version>#<version>\1</version>#' \
  -e '/<\/properties>/r scripts/build/package-java.pins.xml' \
  "$pom" > "$pom.lowest"
mv "$pom.lowest" "$pom"
about="$sources/java/src/main/resources/META-INF"
mkdir -p "$about/sbom"
cp LICENSE NOTICE "$about/"
cp sbom.cdx.json "$about/sbom/"
mvn --quiet --batch-mode --file "$pom" -DaltDeploymentRepository="local::default::file://$PWD/dist/java" deploy
