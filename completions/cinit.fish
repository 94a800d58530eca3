# fish completion for cinit.
# Made by completions/make from the output of cinit --help.

# Whether the word at the cursor can still be an option.
function __cinit_options
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --
                return 1
            case '-*'
                string match -qr -- '^-([^rikteuCpB-]*[rikteuCpB]|-(rewrite|inside|stop|stop-on|grace|time-limit|expect|user|chdir|stdin|stdout|stderr|parent-death|boot|cgroup|cgroup-set|status-fd|status-file))$' $words[1]
                and set -e words[1]
            case '*'
                return 1
        end
        set -e words[1]
    end
end

# The words of the command, after those of cinit.
function __cinit_command
    set -l words (commandline -opc)
    set -e words[1]
    while string match -q -- '-?*' $words[1]
        set -l word $words[1]
        set -e words[1]
        test "$word" = --
        and break
        string match -qr -- '^-([^rikteuCpB-]*[rikteuCpB]|-(rewrite|inside|stop|stop-on|grace|time-limit|expect|user|chdir|stdin|stdout|stderr|parent-death|boot|cgroup|cgroup-set|status-fd|status-file))$' $word
        and set -e words[1]
    end
    set -l last (commandline -ct)
    if set -q words[1]; or not string match -q -- '-*' $last
        complete --do-complete=(string join -- ' ' (string escape -- $words) "$last")
    end
end

function __cinit_signals
    kill -l | string split -n ' '
end

complete -c cinit -f -a '(__cinit_command)'
complete -c cinit -n __cinit_options -s g -l group -d 'signals go to COMMAND\'s process group'
complete -c cinit -n __cinit_options -s c -l single-child -d 'signals go to COMMAND alone (default)'
complete -c cinit -n __cinit_options -s S -l setsid -d 'COMMAND in a session of its own (default as PID 1)'
complete -c cinit -n __cinit_options -s r -l rewrite -x -a '(__cinit_signals)' -d 'deliver TO where FROM came (not KILL, STOP, CHLD); 0: drop'
complete -c cinit -n __cinit_options -s i -l inside -x -a 'kernel forward drop' -d 'signals from inside: kernel (default), forward, drop'
complete -c cinit -n __cinit_options -s k -l stop -x -d 'run PLAN on COMMAND at the stop signal'
complete -c cinit -n __cinit_options -l stop-on -x -a '(__cinit_signals)' -d 'the stop signals (default TERM; not KILL, STOP, CHLD)'
complete -c cinit -n __cinit_options -s t -l grace -x -d 'for leftovers (default TERM:3s,KILL; 0: none)'
complete -c cinit -n __cinit_options -l time-limit -x -d 'then act as at the stop signal; exit 124'
complete -c cinit -n __cinit_options -s e -l expect -x -d 'exit codes from 0 to 255 that count as 0'
complete -c cinit -n __cinit_options -s u -l user -x -a '(__fish_complete_users)' -d 'the user that COMMAND runs as; also :GROUP'
complete -c cinit -n __cinit_options -s C -l chdir -x -a '(__fish_complete_directories)' -d 'working directory of COMMAND'
complete -c cinit -n __cinit_options -l stdin -r -F -d 'COMMAND reads FILE'
complete -c cinit -n __cinit_options -l stdout -r -F -d 'COMMAND appends to FILE'
complete -c cinit -n __cinit_options -l stderr -r -F -d 'the same; @stdout: where stdout goes'
complete -c cinit -n __cinit_options -s p -l parent-death -x -a '(__cinit_signals)' -d 'act as if SIG (not STOP, CHLD) had come when our parent dies'
complete -c cinit -n __cinit_options -s N -l namespace -d 'in a PID namespace of its own'
complete -c cinit -n __cinit_options -s B -l boot -x -a 'poweroff reboot halt' -d 'in a machine: then poweroff, reboot or halt; ACTION,fail:ACTION'
complete -c cinit -n __cinit_options -l cgroup -x -a '(__fish_complete_directories)' -d 'COMMAND in this cgroup, made if missing'
complete -c cinit -n __cinit_options -l cgroup-set -x -d 'and a limit, up to 16 times'
complete -c cinit -n __cinit_options -s P -l pause -d 'no COMMAND; reap until SIGTERM or SIGINT'
complete -c cinit -n __cinit_options -l status-fd -x -d 'events as lines of JSON to an fd open for writing'
complete -c cinit -n __cinit_options -l status-file -r -F -d 'the same, appended to FILE'
complete -c cinit -n __cinit_options -s w -l warn-orphans -d 'log each orphan reaped'
complete -c cinit -n __cinit_options -s q -l quiet -d 'errors only'
complete -c cinit -n __cinit_options -s v -l verbose -d 'log each signal'
complete -c cinit -n __cinit_options -s s -l subreaper -d 'accepted'
complete -c cinit -n __cinit_options -s h -l help
complete -c cinit -n __cinit_options -s V -l version
complete -c cinit -n __cinit_options -s l -l license
