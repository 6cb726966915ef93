#!/bin/sh
# Stands for the tools of the package gpiod, under each of their names. The board is the folder $BOARD: level-N is
# what the outside world does to line N, out-N what it is driven to, busy-N who else has it, held-N the process of a
# tool that has it. Edges come through the named pipe edges-N as "level seconds nanoseconds".
set -eu
tool=$(basename "$0")
say() { printf '%s\n' "$*"; }
die() { say "$tool: $*" >&2; exit 1; }
level() { if [ -e "$BOARD/level-$1" ]; then cat "$BOARD/level-$1"; else say 0; fi; }
taken() { if [ -e "$BOARD/busy-$1" ] || [ -e "$BOARD/held-$1" ]; then return 0; else return 1; fi; }
hold() { # offset
  if taken "$1"; then die "error $2: Device or resource busy"; fi
  say "$$ $tool" > "$BOARD/held-$1"
}
# What others may take is given back last.
let_go() { rm -f "$BOARD/edges-$offset" "$BOARD/out-$offset"; rm -f "$BOARD/held-$offset"; exit 0; }

options=''; words=''; format=''
for argument in "$@"; do
  case $argument in
    --format=*) format=${argument#--format=} ;;
    --*) options="$options $argument" ;;
    *) words="$words $argument" ;;
  esac
done
case " $options " in *' --version '*) say "$tool (libgpiod) v$GPIOD_VERSION"; exit 0 ;; esac
say "$tool $*" >> "$BOARD/calls"
case $GPIOD_VERSION in 1.*) version=1 ;; *) version=2 ;; esac
known=${options##*--chip=}; known=${known%% *}
set -- $words
if [ "$version" = 1 ] && [ "$tool" != gpiodetect ]; then known=$1; shift; fi
chip() { if [ "$known" != gpiochip0 ]; then die "unable to open chip"; fi; }

case $tool in
gpiodetect)
  if [ -e "$BOARD/no-chip" ]; then exit 0; fi
  say 'gpiochip0 [pinctrl-fake] (28 lines)'
  say 'gpiochip1 [expander] (8 lines)' ;;
gpioinfo)
  chip
  say 'gpiochip0 - 28 lines:'
  for line in 0 17 22 27; do
    user=''
    if [ -e "$BOARD/held-$line" ]; then user=$(cut -d' ' -f2 "$BOARD/held-$line"); fi
    direction=input
    if [ "$user" = gpioset ]; then direction=output; fi
    name="\"GPIO$line\""
    if [ "$line" = 0 ]; then name=unnamed; fi
    if [ "$version" = 2 ]; then printf '\tline %3u:\t%-16s\t%s%s\n' "$line" "$name" "$direction" "${user:+ consumer=\"$user\"}"
    elif [ -z "$user" ]; then printf '\tline %3u: %12s %12s  %6s  active-high \n' "$line" "$name" unused "$direction"
    else printf '\tline %3u: %12s %12s  %6s  active-high [used]\n' "$line" "$name" "\"$user\"" "$direction"; fi
  done ;;
gpioget)
  chip
  if taken "$1"; then die 'error reading GPIO values: Device or resource busy'; fi
  if [ -e "$BOARD/out-$1" ]; then cat "$BOARD/out-$1"; else level "$1"; fi ;;
gpiomon)
  chip; offset=$1
  # Who sees that the line is held may move it at once: what is written into a pipe that nobody has open is gone.
  if ! taken "$offset"; then
    pipe="$BOARD/edges-$offset"
    rm -f "$pipe"; mkfifo "$pipe"
    exec 3<>"$pipe"
  fi
  trap let_go TERM INT
  hold "$offset" 'waiting for events'
  if [ "$version" = 2 ]; then say "Monitoring line '$offset'..."; fi
  while read -r to seconds nanoseconds <&3; do
    case $version$to in
      1*) say "$to $seconds $nanoseconds" ;;
      21) say "1 $seconds.$nanoseconds" ;;
      20) say "2 $seconds.$nanoseconds" ;;
    esac
  done ;;
gpioset)
  chip; offset=${1%%=*}
  hold "$offset" 'setting the GPIO line values'
  trap let_go TERM INT
  say "${1##*=}" > "$BOARD/out-$offset"
  say "$offset=${1##*=}" >> "$BOARD/driven"
  if [ "$version" = 1 ]; then
    pipe="$BOARD/wait-$$"; mkfifo "$pipe"; exec 3<>"$pipe"; rm "$pipe"
    read -r nothing <&3
  fi
  while :; do
    printf 'gpioset> '
    # As the real one: with its input closed it turns in circles.
    read -r word wanted || { sleep 1; continue; }
    say "${wanted##*=}" > "$BOARD/out-$offset"
    say "$wanted" >> "$BOARD/driven"
  done ;;
esac
