# bash completion for cinit.
# Made by completions/make from the output of cinit --help.

# Sets $command to the index of the command in COMP_WORDS, nothing if that is not reached. Readline
# makes words of their own of = and :.
_cinit_command() {
	local i=1 word
	command=
	while ((i < COMP_CWORD)); do
		word=${COMP_WORDS[i]}
		case $word in
		--) command=$((i + 1)) && return ;;
		--rewrite|--inside|--stop|--stop-on|--grace|--time-limit|--expect|--user|--chdir|--stdin|--stdout|--stderr|--parent-death|--boot|--cgroup|--cgroup-set|--status-fd|--status-file) [[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 2)) || i=$((i + 1)) ;;
		--*) ;;
		-*[rikteuCpB]) [[ ${word%?} == *[rikteuCpB]* ]] || i=$((i + 1)) ;;
		-?*) ;;
		*) command=$i && return ;;
		esac
		i=$((i + 1))
		while [[ ${COMP_WORDS[i - 1]} == [=:] || ${COMP_WORDS[i]} == [=:] ]] && ((i < COMP_CWORD)); do
			i=$((i + 1))
		done
	done
}

_cinit_argument() { # _cinit_argument OPTION
	local kind=
	case $1 in
	-r|--rewrite) kind='signal' ;;
	-i|--inside) kind='kernel forward drop' ;;
	--stop-on) kind='signal' ;;
	-u|--user) kind='user' ;;
	-C|--chdir) kind='directory' ;;
	--stdin) kind='file' ;;
	--stdout) kind='file' ;;
	--stderr) kind='file' ;;
	-p|--parent-death) kind='signal' ;;
	-B|--boot) kind='poweroff reboot halt' ;;
	--cgroup) kind='directory' ;;
	--status-file) kind='file' ;;
	esac
	case $kind in
	directory) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	file) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
	signal)
		# The last of a list.
		mapfile -t COMPREPLY < <(compgen -P "${word%"${word##*,}"}" \
			-W "$(compgen -A signal | sed -n 's/^SIG//p')" -- "${word##*,}")
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$word") ;;
	esac
}

_cinit() {
	local command word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} i=$COMP_CWORD
	COMPREPLY=()
	[[ $word != [=:] ]] || word=
	# Of --name=A:B this is B.
	while ((i > 1)) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i - 1]} == [=:] ]]; do
		i=$((i - 1))
		option=${COMP_WORDS[i]}
	done
	_cinit_command
	if [[ $command ]]; then
		if ((command == COMP_CWORD)); then
			mapfile -t COMPREPLY < <(compgen -c -- "$word")
		elif declare -F _command_offset >/dev/null; then
			_command_offset "$command"
		else
			compopt -o default
		fi
		return
	fi
	case $option in
	--rewrite|--inside|--stop|--stop-on|--grace|--time-limit|--expect|--user|--chdir|--stdin|--stdout|--stderr|--parent-death|--boot|--cgroup|--cgroup-set|--status-fd|--status-file|-[rikteuCpB]) _cinit_argument "$option" ;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--group --single-child --setsid --rewrite= --inside= --stop= --stop-on= --grace= --time-limit= --expect= --user= --chdir= --stdin= --stdout= --stderr= --parent-death= --namespace --boot= --cgroup= --cgroup-set= --pause --status-fd= --status-file= --warn-orphans --quiet --verbose --subreaper --help --version --license' -- "$word")
			[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$word")
		fi
		;;
	esac
} && complete -F _cinit cinit
