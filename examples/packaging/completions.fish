# Text from repositories is never evaluated: fish quotes what it inserts.

# __ringkit_option OPTION ...: fail if a word that begins with - is the value of one of these options
function __ringkit_option
    set -l tokens (commandline -opc)
    not string match -q -- '-*' (commandline -ct)
    or not contains -- $tokens[-1] $argv
end

# __ringkit_given DEFAULT LONG [SHORT]: the value of the last such option before the cursor
function __ringkit_given
    set -l value $argv[1]
    set -l long $argv[2]
    set -l short $argv[3]
    # letters that take no value may come before the short one
    set -l pattern "^--$long(?:=|\$)"
    test -n "$short"; and set pattern "^(?:--$long(?:=|\$)|-[nqv0]*$short)"
    set -l tokens (commandline -opc)
    for i in (seq 2 (count $tokens))
        string match -q -r $pattern -- $tokens[$i]; or continue
        set value (string replace -r $pattern '' -- $tokens[$i])
        string match -q -r "$pattern\$" -- $tokens[$i]; and set value $tokens[(math $i + 1)]
    end
    if string match -q -r '^~(/|$)' -- $value
        set value $HOME(string sub -s 2 -- $value)
    end
    printf '%s\n' $value
end

function __ringkit_dir
    # without the option that may be before it in the same word
    __fish_complete_directories (string replace -r '^--[^=]*=|^-.' '' -- (commandline -ct))
end

function __ringkit_git
    set -l short
    test $argv[1] = repo; and set short C
    set -l repo (__ringkit_given . $argv[1] $short)
    command git -C $repo $argv[2..-1] 2>/dev/null
end

function __ringkit_rev
    echo HEAD
    __ringkit_git $argv[1] for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=2)%(end)' refs/heads refs/tags refs/remotes
end

function __ringkit_branch
    __ringkit_git repo for-each-ref --format='%(refname:strip=2)' refs/heads
    __ringkit_git repo for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=3)%(end)' refs/remotes
end

function __ringkit_remote
    __ringkit_git repo remote
end

function __ringkit_catalog
    set -l default ring.yaml
    test -n "$RING_CATALOG"; and set default $RING_CATALOG
    set -l catalog (__ringkit_given $default catalog c)
    test -f "$catalog"; and printf '%s\n' $catalog
end

function __ringkit_service
    set -l catalog (__ringkit_catalog); or return
    command awk '/^[^ #]/ { on = /^services:[ \t]*(#.*)?$/; indent = 0; next }
        on && match($0, /^ +[A-Za-z0-9._-]+:/) {
            key = substr($0, 1, RLENGTH - 1); sub(/^ +/, "", key)
            if (!indent) indent = RLENGTH - length(key)
            if (RLENGTH - length(key) == indent) print key
        }' <$catalog
end

function __ringkit_overrides
    set -l catalog (__ringkit_catalog); or return
    command ringls -C (__ringkit_given . repo C) -c $catalog -q --cpu-limit 2 2>/dev/null </dev/null |
        command sed -n 's/^{"type":"override".*"'$argv[1]'":"\([A-Za-z0-9._/-]*\)".*/\1/p'
end

function __ringkit_ring
    __ringkit_overrides ring
end

function __ringkit_tenant
    __ringkit_overrides tenant
end
