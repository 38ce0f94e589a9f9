#!/usr/bin/env bash
# Prints the path of a Chromium: that of CHROMIUM, one on the PATH, or Debian's, which it unpacks into .chromium/ only.
# Needs Debian on x86-64 (apt-get, dpkg-deb) if there is none; no root.
set -euo pipefail
cd "$(dirname "$0")/../../.."
exec < /dev/null

if [ -n "${CHROMIUM:-}" ]; then
  echo "$CHROMIUM"
  exit
fi
for name in chromium google-chrome chromium-browser; do
  if command -v "$name"; then exit; fi
done

root=$PWD/.chromium
if [ ! -x "$root/run" ]; then
  for tool in apt-get dpkg-deb; do
    command -v "$tool" > /dev/null || { echo "scripts/check/site/chromium.sh: $tool is needed and not there; or set CHROMIUM" >&2; exit 1; }
  done
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/chromium.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  mkdir -p "$scratch"/{lists/partial,cache/archives/partial,root}
  apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dir::State::Lists="$scratch/lists" -o Dir::Cache="$scratch/cache" -o Debug::NoLocking=1 \
      -o APT::Sandbox::User=root -o APT::Install-Recommends=0 -o Acquire::Languages=none -o Acquire::Retries=3 "$@" >&2
  }
  apt update
  # Only the packages that the machine lacks.
  apt install --download-only chromium fonts-dejavu-core
  for package in "$scratch"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$scratch/root" --no-same-owner --keep-directory-symlink \
      --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*' --exclude='./var*'
  done
  # The paths of Chromium's libraries and fonts. Fontconfig knows only the configured ones.
  cat > "$scratch/root/fonts.conf" << EOF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>$root/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>$root/fonts-cache</cachedir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <match><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
EOF
  cat > "$scratch/root/run" << EOF
#!/bin/sh
export LD_LIBRARY_PATH='$root/usr/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu/pulseaudio:$root/lib/x86_64-linux-gnu' FONTCONFIG_FILE='$root/fonts.conf'
exec '$root/usr/lib/chromium/chromium' "\$@"
EOF
  chmod +x "$scratch/root/run"
  rm -rf "$root"
  mv "$scratch/root" "$root"
fi
echo "$root/run"
