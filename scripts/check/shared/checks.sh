# To be sourced. Named checks, counted.

passed=0
failed=0

# check NAME COMMAND...: passes if the command does.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "  ok      $name"
  else
    failed=$((failed + 1))
    echo "  FAILED  $name"
  fi
}

# Prints the counts, and fails unless every check passed and there was one.
summarize() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
