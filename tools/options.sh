# Source it, then: no_arguments COMMAND DESCRIPTION "$@". With --help, it says what the script does, and runs nothing; anything else is an error.
no_arguments() {
  local command=$1 description=$2 usage
  shift 2
  usage=$(printf '%s\n\n%s\n\n  --help  print this, and run nothing' "$command" "$description")
  case ${1-} in
    '') [ $# -eq 0 ] && return 0 ;;
    -h | --help)
      echo "$usage"
      exit 0
      ;;
  esac
  printf "Unexpected argument '%s'\n\n%s\n" "$1" "$usage" >&2
  exit 2
}
