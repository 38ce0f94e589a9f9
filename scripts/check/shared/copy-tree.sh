# To be sourced from the root of the repository.

# Copies the work tree, without files that git ignores, and node_modules.
copy_tree() {
  local directory=$1 file
  mkdir -p "$directory"
  git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done \
    | tar --null --files-from=- --create \
    | tar --extract --directory="$directory"
  cp -a node_modules "$directory/node_modules"
}
