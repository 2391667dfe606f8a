#!/usr/bin/env bash
# Holds the layers: who may include whom, and which library lives where. Usage: check.sh [--self-test] FOLDER
# The self-test plants one offence of each kind in a copy of the sources and fails unless each is found.
set -euo pipefail

# Each module and all that it may include; a module may always include itself.
declare -A below=(
    [base]=''
    [dashboard]=''
    [engine]='base'
    [codec]='base engine'
    [feed]='base engine codec'
    [store]='base engine codec'
    [http]='base engine codec dashboard'
    [app]='base engine codec feed store http dashboard'
    [main]='base engine codec feed store http dashboard app'
)
# Each library's header and the only modules that may include it; the contracts in include/ name none of them.
declare -A homes=(
    ['uv\.h']='feed store http app'
    ['libwebsockets\.h']='feed'
    ['microhttpd\.h']='http'
    ['cJSON\.h|cjson/.*']='codec'
)

check() { # FOLDER: prints an offence a line
    local root=$1 file module line include other pattern
    while IFS=: read -r file line include; do
        file=${file#"$root"/}
        case $file in
            src/main.c) module=main ;;
            src/*/*) module=${file#src/} module=${module%%/*} ;;
            include/racefacer/*/*) module=${file#include/racefacer/} module=${module%%/*} ;;
            *) echo "$file: belongs to no module"; continue ;;
        esac
        if [[ -z ${below[$module]+set} ]]; then
            echo "$file: $module is no known module"
            continue
        fi
        [[ $include =~ [\<\"]([^\>\"]*)[\>\"] ]] || continue
        include=${BASH_REMATCH[1]}
        for pattern in "${!homes[@]}"; do
            [[ $include =~ ^(.*/)?($pattern)$ ]] || continue
            if [[ " ${homes[$pattern]} " != *" $module "* ]]; then
                echo "$file:$line: $include belongs to ${homes[$pattern]} only"
            elif [[ $file == include/* ]]; then
                echo "$file:$line: $include in a contract"
            fi
        done
        other=
        if [[ $include == racefacer/*/* ]]; then
            other=${include#racefacer/}
            other=${other%%/*}
        elif [[ $include == */* && -n ${below[${include%%/*}]+set} ]]; then
            other=${include%%/*}
        elif [[ $include == ../* || $include == */../* ]]; then
            echo "$file:$line: $include leaves its folder"
        fi
        if [[ -n $other && $other != "$module" ]]; then
            if [[ " ${below[$module]} " != *" $other "* ]]; then
                echo "$file:$line: $module must not include $include"
            elif [[ $include != racefacer/* ]]; then
                echo "$file:$line: $include is private to $other"
            fi
        fi
    done < <(grep -rnE --include='*.c' --include='*.h' '^[[:space:]]*#[[:space:]]*include' "$root/src" "$root/include")
}

self_test() { # FOLDER
    local copy planted=0 found where what
    local -A plants=()
    copy=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$copy'" EXIT
    cp -r "$1/src" "$1/include" "$copy"
    while read -r where what; do
        planted=$((planted + 1))
        where=${where/planted/planted$planted}
        plants[$where]=$what
        mkdir -p "$copy/$(dirname "$where")"
        printf '#include %s\n' "$what" >"$copy/$where"
    done <<'END'
src/base/planted.c "racefacer/engine/engine.h"
src/dashboard/planted.c "racefacer/base/buf.h"
src/codec/planted.c "racefacer/dashboard/dashboard.h"
src/engine/planted.c "racefacer/codec/decode.h"
src/engine/planted.c <uv.h>
src/engine/planted.c <libwebsockets.h>
src/codec/planted.c <microhttpd.h>
src/codec/planted.c <uv.h>
src/codec/planted.h "racefacer/store/store.h"
src/feed/planted.c "racefacer/http/server.h"
src/feed/planted.c <cjson/cJSON.h>
src/feed/planted.c <microhttpd.h>
src/http/planted.c "racefacer/store/store.h"
src/http/planted.c <libwebsockets.h>
src/http/planted.c <cJSON.h>
src/store/planted.c "racefacer/feed/source.h"
src/store/planted.c "feed/backoff.h"
src/app/planted.c "store/index.h"
src/app/planted.c <microhttpd.h>
src/engine/planted.c "../codec/number.h"
include/racefacer/engine/planted.h "racefacer/app/app.h"
include/racefacer/store/planted.h "racefacer/http/server.h"
include/racefacer/http/planted.h <microhttpd.h>
include/racefacer/codec/planted.h <cjson/cJSON.h>
src/stray/planted.c <stdio.h>
END
    found=$(check "$copy")
    for where in "${!plants[@]}"; do
        if [[ $found != *"$where"* ]]; then
            echo "layering: #include ${plants[$where]} in $where goes unnoticed"
            exit 1
        fi
    done
    echo "layering: $planted planted offences found"
}

if [[ ${1:-} == --self-test ]]; then
    self_test "${2:?usage: check.sh [--self-test] FOLDER}"
else
    offences=$(check "${1:?usage: check.sh [--self-test] FOLDER}")
    if [[ -n $offences ]]; then
        echo "$offences"
        exit 1
    fi
    echo "layering: holds"
fi
