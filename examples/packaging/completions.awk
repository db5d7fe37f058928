# completions.awk -v shell=bash|zsh|fish -v program=NAME: turn --help into the completion of its options.
#
# An option is a line such as
#	  -C, --repo DIR            the repository
# The name of a value says what completes it; lower-case words separated by | are the values themselves.

function fail(why) {
	print "completions: " program ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

function quoted(text) {
	if (shell == "fish")
		gsub(/\\/, "\\\\", text)
	gsub(/'/, shell == "fish" ? "\\'" : "'\\''", text)
	return "'" text "'"
}

# Which values an option's own name tells apart
function named(long) {
	return long ~ /^(service|ring|tenant|remote)$/ ? long : "any"
}

function kind_of(long, value) {
	if (value == "")
		return "none"
	if (value ~ /^[a-z0-9|-]+$/)
		return "=" value
	if (value == "REV" && long ~ /.-rev$/)
		return "rev:" substr(long, 1, length(long) - 4)
	if (value == "NAME")
		return named(long)
	if (value in kinds)
		return kinds[value]
	fail("--" long ": unknown kind of value: " value)
}

BEGIN {
	kinds["DIR"] = "dir"
	kinds["FILE"] = kinds["PATH"] = "file"
	kinds["REV"] = kinds["REFS"] = "rev:repo"
	kinds["BRANCH"] = "branch"
	kinds["REMOTE"] = "remote"
	split("BYTES|KEY: VALUE|LOGIN|N|OWNER/NAME|SECONDS|TAG|TEXT|TIME|URL", free, "|")
	for (i in free)
		kinds[free[i]] = "any"
}

/^  (-., |    )--[a-z0-9-]+/ {
	short[++n] = substr($0, 3, 1) == "-" ? substr($0, 4, 1) : ""
	rest = substr($0, 9)
	match(rest, /^[a-z0-9-]+/)
	long[n] = substr(rest, 1, RLENGTH)
	rest = substr(rest, RLENGTH + 1)
	if (!match(rest, /  +/))
		fail("--" long[n] ": no help")
	value[n] = substr(rest, 2, RSTART - 2)
	help[n] = substr(rest, RSTART + RLENGTH)
	kind[n] = kind_of(long[n], value[n])
}

function function_of(prefix, i,   call) {
	call = prefix kind[i]
	sub(/:/, " ", call)
	return call
}

function bash_spec(i) {
	return "\n\t\t" quoted((short[i] == "" ? "-" : "-" short[i]) " --" long[i] " " kind[i])
}

function zsh_action(i,   words) {
	if (kind[i] == "none")
		return ""
	if (kind[i] ~ /^=/) {
		words = substr(kind[i], 2)
		gsub(/\|/, " ", words)
		return ":" long[i] ":(" words ")"
	}
	# an action that begins with a blank is called as it is
	words = value[i]
	gsub(/:/, "\\:", words)
	if (kind[i] == "dir" || kind[i] == "file")
		return ":" words ":_files" (kind[i] == "dir" ? " -/" : "")
	return ":" words ": " (kind[i] == "any" ? "" : function_of("_ringkit_", i))
}

function zsh_spec(i,   text, takes, repeated) {
	text = help[i]
	gsub(/[]:\\[]/, "\\\\&", text)
	text = "[" text "]" zsh_action(i)
	takes = kind[i] != "none"
	repeated = help[i] ~ /may be repeated/ ? "*" : ""
	if (short[i] == "")
		return quoted(repeated "--" long[i] (takes ? "=" : "") text)
	return quoted(repeated ? repeated : "(-" short[i] " --" long[i] ")") \
		"{-" short[i] (takes ? "+" : "") ",--" long[i] (takes ? "=" : "") "}" quoted(text)
}

function fish_values(i,   words) {
	if (kind[i] == "none")
		return ""
	if (kind[i] == "file")
		return " -r -F"
	words = substr(kind[i], 2)
	gsub(/\|/, " ", words)
	if (kind[i] ~ /^=/)
		return " -x -a " quoted(words)
	return " -x" (kind[i] == "any" ? "" : " -a " quoted("(" function_of("__ringkit_", i) ")"))
}

function fish_spec(i) {
	return "complete -c " program " -n __ringkit_" program (short[i] == "" ? "" : " -s " short[i]) " -l " long[i] fish_values(i) " -d " quoted(help[i])
}

END {
	if (failed)
		exit 1
	if (!n)
		fail("--help lists no options")
	symbol = program
	gsub(/[^A-Za-z0-9]/, "_", symbol)
	if (shell == "bash")
		printf "_ringkit__%s() {\n\t_ringkit", symbol
	else if (shell == "zsh")
		printf "_arguments -s -S"
	else {
		printf "function __ringkit_%s\n    __ringkit_option", program
		for (i = 1; i <= n; i++)
			if (kind[i] != "none")
				printf " --%s%s", long[i], short[i] == "" ? "" : " -" short[i]
		print "\nend\n\ncomplete -c " program " -f"
	}
	for (i = 1; i <= n; i++)
		if (shell == "bash")
			printf " \\%s", bash_spec(i)
		else if (shell == "zsh")
			printf " \\\n\t%s", zsh_spec(i)
		else
			print fish_spec(i)
	if (shell == "bash")
		printf "\n}\n\ncomplete -F _ringkit__%s %s\n", symbol, program
	else if (shell == "zsh")
		print ""
}
