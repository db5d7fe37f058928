# offers.fish DIRECTORY <lines: for each command line, print "LINE<tab>WORD" for each word that fish offers at its end.
set fish_complete_path $argv[1]
while read -l line
    for offer in (complete -C "$line")
        printf '%s\t%s\n' $line (string split \t -- $offer)[1]
    end
end
