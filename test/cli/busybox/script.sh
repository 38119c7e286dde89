# Commands and pipelines of busybox, each in a shell of its own, one after the other in one directory.
# A line `#: title` begins one. Nothing in it may depend on the machine, the time or who runs it.
#: a file of words to begin with
cat >words <<'END'
pear apple fig
apple banana
Cherry fig apple
date	elderberry fig
END
i=1; while [ $i -le 200 ]; do echo $((i * 7919 % 1009)); i=$((i + 1)); done >numbers
wc words numbers
#: echo and printf
echo plain; echo -n 'no newline '; echo -e 'tab\there\\n'; printf '%5d|%-5s|%05.1f|%x|%o|%c|%%\n' 42 ab 3.14159 255 8 z; printf '%s-%s\n' a b c
#: arithmetic
echo $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((2 ** 10)) $((0x1f + 010)) $((1 << 40)) $((5 > 3 && 2 > 1)) $((3 ? 4 : 5)); x=5; echo $((x++ + ++x)) $x $((x *= 3))
#: arithmetic in 64 bits
echo $((9223372036854775807 + 1)) $((1 << 63 >> 63)) $((0xffffffffffffffff)) $((-9223372036854775807 - 1)) $((~0))
#: division by zero
echo before; echo $((1 / 0)); echo not reached
#: parameter expansion
f=/usr/lib/libfoo.so.1; echo ${f##*/} ${f%/*} ${f%%.*} ${f#*/} ${#f} ${none:-default} ${none:+set} ${f:+set} ${f/lib/LIB} ${f//o/0} ${f:5:3}
#: parameter expansion with assignment and error
echo ${v:=given} $v; (: ${must:?is not set}); echo $?
#: field splitting
IFS=:; p=a::b:c; set -- $p; echo $#; for w in $p; do echo "<$w>"; done
#: quotes
a='x  y'; echo $a "$a" '$a' "\$a \" \\ \`" 'it'\''s'; echo a\
b
#: special parameters
set -- one 'two three' four; echo $# "$*" "$@"; for w in "$@"; do echo "[$w]"; done; shift 2; echo $1 $#; (exit 3); echo $?
#: patterns
touch aa ab ba .hid; echo a* *a ?b [!a]* .h*; echo none*; rm aa ab ba .hid
#: case
for w in apple Banana 42 '' '*x'; do case $w in [a-z]*) echo lower;; [A-Z]*) echo upper;; [0-9]*|-*) echo number;; '') echo empty;; \**) echo star;; esac; done
#: loops with break and continue
for i in 1 2 3 4 5 6; do [ $i = 2 ] && continue; for j in a b c; do [ $j = b ] && continue 2; [ $i = 5 ] && break 2; echo $i$j; done; done; until [ ${n:=0} -ge 3 ]; do n=$((n + 1)); done; echo $n
#: functions
f() { local x=inner; echo "$1 $x $#"; return 4; }; x=outer; f a b; echo $? $x; fact() { [ $1 -le 1 ] && echo 1 || echo $(($1 * $(fact $(($1 - 1))))); }; fact 10
#: here-documents
n=3; cat <<A; cat <<'B'; cat <<-C
n is $n and $((n + 1)) and $(echo sub)
A
n is $n and \$n
B
	indented
	C
#: here-document in a loop
while read -r a b; do echo "$b/$a"; done <<END
one two three
  four	five
END
#: read
printf 'a:b:c:d\n\\esc\\n\nlast' | { IFS=: read -r x y z; echo "$x,$y,$z"; read l; echo "$l"; read -r l; echo "[$l]"; read -r l; echo "$? $l"; }
#: command substitution
echo $(echo a; echo b) "$(printf 'x\n\n\n')" `echo c` $(cat words | head -n 1)
#: subshells and groups
x=1; (x=2; echo $x); echo $x; { x=3; echo $x; }; echo $x; (exit 5) || echo failed $?
#: pipelines and their status
false | true; echo $?; true | false; echo $?; ! true; echo $?; set -o pipefail; false | true; echo $?
#: and-or lists
true && echo a || echo b; false && echo c || echo d; true || echo e && echo f
#: redirections
{ echo out; echo err >&2; } 2>&1 >both | cat; cat both; echo more >>both; wc -l <both; exec 3<both; read -r l <&3; echo $l; read -r l <&3; echo $l; exec 3<&-; rm both
#: noclobber
echo a >file; set -C; echo b >file; echo $?; echo c >|file; cat file; rm file
#: traps
trap 'echo exit $?' EXIT; trap 'echo usr1' USR1; kill -USR1 $$; (trap - EXIT; exit 3); echo $?; false
#: trap of an ended subshell
(trap 'echo bye' EXIT; echo in); (trap 'echo term; exit 7' TERM; kill -TERM $(sh -c 'echo $PPID')); echo $?
#: background jobs and wait
(sleep 0.1; exit 6) & wait $!; echo $?; { echo bg; } & wait; echo done
#: kill of a job
exec 2>/dev/null; sleep 100 & kill $!; wait $!; echo $?; sleep 100 & kill -9 $!; wait $!; echo $?
#: set -e
set -e; false || true; if false; then :; fi; echo still; false; echo not reached
#: set -u
set -u; echo ${x-unset}; echo $x; echo not reached
#: set -x
set -x; a=1; [ $a = 1 ] && echo "$a b"
#: eval, dot and exec
eval 'v=$((1 + 1))'; echo $v; echo 'w=sourced; echo "in $1"' >lib.sh; . ./lib.sh arg; echo $w; rm lib.sh; exec echo replaced
#: getopts
set -- -a -b val -c rest; while getopts ab:c o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND - 1)); echo $1; set -- -z; getopts ab: o; echo $o
#: getopt
getopt -o ab:c:: -l long,with: -- -a -b 1 -c2 --with x y --long z
#: type and command
type cd; command -v echo; command -v nosuch || echo none; unset f; f() { :; }; type f | head -n 1
#: unknown commands
nosuchcommand; echo $?; ./nosuch; echo $?; : >noexec; ./noexec; echo $?; rm noexec
#: test
test -f words && test ! -d words && [ -s words ] && [ abc = abc -a 3 -gt 2 ] && [ ! abc \< abb ] && echo yes; [ -z "" -o x ] && echo or; [ 1 -eq a ]; echo $?; [ -n ]; echo $?
#: test of files
mkdir d; ln -s words l; touch -t 200001010000 old; [ -h l ] && [ -d d ] && [ words -nt old ] && [ old -ot words ] && [ words -ef l ] && echo all; [ -e none ] || echo none; rm -r d l old
#: expr
expr 3 + 4 \* 2; expr abc : 'a\(.*\)'; expr length hello; expr index hello l; expr substr hello 2 3; expr 5 \> 3; expr 0; echo $?; expr 1 / 0; echo $?
#: ulimit and umask
umask; umask 077; : >secret; stat -c %a secret; rm secret; umask -S
#: sort
sort words; sort -r words | head -n 1; sort -n numbers | head -n 5; sort -k2 words; sort -t ' ' -k 2,2 -k 1,1r words; printf '10\n9\n1e1\n' | sort -g; printf 'b\na\nb\n' | sort -u; printf '1.10\n1.9\n' | sort -V
#: sort and check
sort -c words; echo $?; sort -n numbers -o sorted && sort -nc sorted && echo ordered; rm sorted; printf 'a 3\nb 1\nc 2\n' | sort -k2,2n -s
#: uniq
printf 'a\na\nb\nc\nc\nc\nA\n' >u; uniq u; uniq -c u; uniq -d u; uniq -u u; uniq -i u | tail -n 1; rm u
#: head and tail
seq 20 | head -n 3; seq 20 | tail -n 3; seq 20 | tail -n +18; seq 20 | head -n -17; printf 'abcdef' | head -c 3; printf 'abcdef' | tail -c 2; echo
#: cut
cut -d ' ' -f 2 words; cut -c 2-4 words; cut -b 1,3 words; printf 'a:b:c\nnone\n' | cut -d : -f 2- -s
#: tr
echo Hello | tr a-z A-Z; echo hello | tr -d l; echo aabbcc | tr -s ab; echo 'a1b2' | tr -cd 0-9; echo; echo abc | tr abc '\n\t.'; echo xyz | tr '[:lower:]' '[:upper:]'
#: grep
grep fig words; grep -c apple words; grep -n -i cherry words; grep -v fig words; grep -o '[a-z]*rr[a-z]*' words; grep -E '^(pear|date)' words; grep -F . words; echo $?; grep -w fig -l words numbers; grep -q pear words && echo found
#: grep with context
seq 10 | grep -A 1 -B 1 5; seq 30 | grep -m 2 1; printf 'a.c\nabc\n' | grep -x 'a.c'; printf 'a.c\nabc\n' | grep -F a.c; grep -rh banana .; grep -e a -e b none; echo $?
#: sed
sed 's/apple/APPLE/g' words; sed -n '2p;$p' words; sed '1d;s/\([a-z]*\) \([a-z]*\)/\2 \1/' words; sed -e 'y/abc/xyz/' -e '/fig/!d' words; sed '2i\before' words | head -n 3; sed = words | head -n 2
#: sed with labels and the hold space
seq 5 | sed -n '1!G;h;$p'; printf 'a\nb\nc\n' | sed ':x;N;s/\n/,/;tx'; seq 6 | sed 'N;s/\n/-/'; echo aXbX | sed 's/X/-/2'; seq 3 | sed '2{s/2/two/;a after
}'; echo abc | sed -E 's/(.)(.)/\2\1/w out'; cat out; rm out
#: sed in place
cp words w2; sed -i 's/fig/FIG/;$d' w2; cat w2; diff words w2 | head -n 4; rm w2
#: awk fields
awk '{ print NR, NF, $1, $NF }' words; awk -F '\t' 'NF > 1 { print $2 }' words; awk '/apple/ { n++ } END { print n }' words; awk 'length($0) > 13' words
#: awk arrays and functions
awk '{ for (i = 1; i <= NF; i++) c[$i]++ } END { for (w in c) print c[w], w }' words | sort -k1,1nr -k2; awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { for (i = 0; i < 15; i++) printf "%d ", f(i); print "" }'
#: awk numbers and strings
awk 'BEGIN { printf "%.3f %e %g %d %s|%5s|%-5s|\n", 3.14159, 12345.678, 1e-5, 7.9, "s", "r", "l"; print 7 % 3, -7 % 3, 1 / 3, 1e6, 1e300 * 1e10; print substr("hello", 2, 3), index("hello", "l"), toupper("abc"), length("xyz"); s = "a.b.c"; n = split(s, p, "."); print n, p[3]; gsub(/\./, "-", s); print s; print match("foobar", /o+/), RSTART, RLENGTH }'
#: awk rounds
awk 'BEGIN { print int(-3.7), int("12abc"), 0.1 + 0.2, 100000 * 100000, 9007199254740993, 1 / 7; srand(1); x = rand(); print (x >= 0 && x < 1); OFMT = "%.3f"; print 2 / 3; print and(12, 10), or(12, 10), xor(12, 10), lshift(1, 4), compl(0) }'
#: awk reads, writes and pipes
awk 'BEGIN { while ((getline l < "words") > 0) n++; close("words"); print n; print "b\na" | "sort"; close("sort"); "echo sub" | getline x; print x; print "to" > "aw"; close("aw"); getline y < "aw"; print y; printf "" | "cat" }'; rm aw; echo 'a b' | awk '{ $2 = "c"; print; NF = 1; print; OFS = "-"; $3 = "z"; print }'
#: awk and ranges
seq 10 | awk 'NR == 3, NR == 5 { print; next } $1 % 5 == 0 { print "five", $1 } END { print NR }'; printf 'a,b\n1,2\n' | awk -F, -v OFS=';' '{ $1 = $1 } 1'; printf 'x y\n\nz\n' | awk -v RS= '{ print NR ": " $0 }'
#: find
mkdir -p t/a/b t/c; : >t/a/x.c; echo hi >t/a/b/y.h; : >t/c/z.c; ln -s a t/l; find t | sort; find t -name '*.c' | sort; find t -type d | sort; find t -type l; find t -size +0 -type f; find t -maxdepth 1 | sort; find t -name '*.c' -o -name '*.h' | sort; find t -path '*a/*' | sort; find t -empty | sort
#: find acts
find t -name '*.c' -exec echo found {} \; | sort; find t -type f -print0 | tr '\0' '\n' | sort; find t -name z.c -exec rm {} +; find t -type f | sort; find t -prune; find none; echo $?; rm -r t
#: xargs
seq 6 | xargs -n 2 echo; printf 'a b\nc\n' | xargs -I {} echo '<{}>'; printf 'x\0y z\0' | xargs -0 -n 1 echo; echo | xargs -r echo none; seq 3 | xargs echo a
#: tee
echo both | tee t1 t2; cat t1 t2; echo more | tee -a t1 >/dev/null; cat t1; rm t1 t2
#: wc
wc words; wc -l <words; wc -w words; wc -c words; printf 'no newline' | wc; printf 'ü€\n' | wc -c; wc -L words; wc words numbers | tail -n 1
#: od and hexdump
printf 'abc\000\377\n' | od -c; printf 'abcdefghijklmnopqr' | od -x; printf 'abcd' | od -An -tx1; printf 'abcd' | od -An -td4; printf 'abcdefghijklmnopq\n' | hexdump -C; printf 'ab' | hexdump -e '1/1 "%02x "'; echo; printf 'abc' | xxd; printf 'abc' | xxd -p
#: dd
dd if=numbers bs=10 count=2 skip=1 2>/dev/null | od -c | head -n 2; printf abcdef | dd bs=1 skip=2 count=2 2>/dev/null; echo; dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c; printf x | dd of=hole bs=1 seek=9 2>/dev/null; wc -c <hole; printf abc | dd conv=ucase,notrunc of=hole 2>/dev/null; od -c hole; rm hole; dd if=none 2>&1
#: cmp and diff
printf 'a\nb\nc\n' >one; printf 'a\nB\nc\nd\n' >two; cmp one two; echo $?; cmp -l one two; diff one two; echo $?; diff -u one two | tail -n +3; diff -q one two; diff one one && echo same; diff -b one two | head -n 1
#: patch
diff -u one two >change; patch one <change; cmp one two && echo patched; patch -R one <change >/dev/null; head -n 2 one; rm one two change
#: comm by other means, and paste
printf 'a\nb\n' >p1; printf '1\n2\n3\n' >p2; paste p1 p2; paste -d , p2 p1; paste -s p2; rm p1 p2
#: ed
printf 'one\ntwo\nthree\n' >text; printf '2s/two/TWO/\n$a\nfour\n.\n1d\nw\nq\n' | ed text >/dev/null; cat text; printf '1,$p\nq\n' | ed text | tail -n 3; rm text
#: digests
md5sum words; sha1sum words; sha256sum words; sha512sum words; sha3sum words; crc32 words; md5sum words >sums; md5sum -c sums; echo x >>sums; md5sum -c sums 2>/dev/null; echo $?; rm sums
#: gzip
gzip -c numbers | gunzip | cmp - numbers && echo gzip; gzip -9c words >w.gz; zcat w.gz | head -n 1; gunzip -t w.gz && echo good; printf junk | gunzip; echo $?; rm w.gz
#: bzip2
bzip2 -c numbers | bunzip2 | cmp - numbers && echo bzip2; bzip2 -9c words | bzcat | tail -n 1; bzip2 -c numbers | wc -c; printf BZh | bunzip2 >/dev/null; echo $?
#: unxz and unlzma
printf '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==' | base64 -d | unxz
#: lzop
lzop -c numbers 2>/dev/null | lzop -dc 2>/dev/null | cmp - numbers && echo lzop
#: tar
mkdir -p pack/sub; echo content >pack/file; ln -s file pack/link; ln pack/file pack/hard; tar cf pack.tar pack; tar tf pack.tar | sort; mkdir out; tar xf pack.tar -C out; cat out/pack/link; [ out/pack/file -ef out/pack/hard ] && echo hard; tar xOf pack.tar pack/file; rm -r out
#: tar with gzip and bzip2
tar czf pack.tgz pack; tar tzf pack.tgz | wc -l; tar cjf pack.tbz pack; tar xjOf pack.tbz pack/file; tar cf - pack | tar tf - | grep -c .; tar xf none.tar; echo $?; rm pack.tgz pack.tbz
#: cpio
find pack -print | sort | cpio -o -H newc 2>/dev/null >pack.cpio; cpio -t <pack.cpio 2>/dev/null; mkdir out; (cd out; cpio -id <../pack.cpio 2>/dev/null; cat pack/file); rm -r out pack pack.tar pack.cpio
#: ar
printf '!<arch>\nm1/             0           0     0     100644  4         `\none\nm2/             0           0     0     100644  4         `\ntwo\n' >lib.a; ar t lib.a; ar p lib.a m2; ar x lib.a; cat m1; rm m1 m2 lib.a
#: base64 and uuencode
printf 'hello world' | base64; printf 'aGVsbG8=' | base64 -d; echo; printf 'hello' | uuencode name | head -n 2; printf 'hello' | uuencode name | uudecode -o -; echo; head -c 100 numbers | base64 -w 40
#: copying, moving and linking
cp words c1; cp -p words c2; cmp c1 c2 && mv c1 c3 && ls c?; mkdir dir; mv c2 c3 dir; ls dir; cp -r dir dir2; ls dir2; ln dir/c2 dir/h; stat -c %h dir/h; ln -s c2 dir/s; readlink dir/s; cp -d dir/s dir/s2; readlink dir/s2; realpath --help >/dev/null 2>&1; rm -r dir dir2
#: errors of files
cat none; cp none x; mv none x; rm none; rmdir words; mkdir words; ls none; ln none x/y; cd none; echo $?; rm -f none; echo $?
#: ls
mkdir l; cd l; touch b a .c; mkdir d; echo 12345 >e; ln -s e f; ls; ls -a; ls -A; ls -1 -r; ls -F; ls -p -d *; ls -S | head -n 1; ls -l | awk 'NR > 1 { print $1, $5, $9, $10, $11 }'; cd ..; rm -r l
#: modes
: >m; chmod 640 m; stat -c '%a %A' m; chmod u+x,g-r,o=rw m; stat -c %a m; chmod a= m; stat -c %A m; chmod 4755 m; stat -c '%a %A' m; mkdir s; chmod 1777 s; ls -ld s | cut -c 1-10; rm -r m s
#: times
touch -t 202001021304.05 m; stat -c '%y %Y' m; date -r m +%F_%T; touch -r m n; stat -c %Y n; touch -d '2021-06-07 08:09:10' n; stat -c %Y n; rm m n
#: stat
printf 12345 >s; stat -c '%n %s %F %h' s; mkdir d; stat -c '%n %F' d; ln -s s l; stat -c '%N %F' l; stat -L -c '%s %F' l; stat -c %F /dev/null; stat none; echo $?; rm -r s d l
#: truncate, fallocate and du
truncate -s 10000 s; wc -c <s; truncate -s 5 s; wc -c <s; fallocate -l 8192 s; wc -c <s; rm s
#: mktemp and fifos
t=$(mktemp -p . tmp.XXXXXX); [ -f "$t" ] && stat -c %a "$t"; rm "$t"; mkfifo p; (echo through >p) & cat p; wait; stat -c %F p; rm p
#: date
date -u -d @0 +'%Y-%m-%d %H:%M:%S %a %j %U %e %I %p'; date -u -d '2024-02-29 12:34:56' +%s; date -u -d @1700000000; date -u -d '1999-12-31 23:59:59' +%A,%B; TZ=EST5EDT date -d @1720000000 +%H:%M%Z; date -d nonsense; echo $?
#: seq and factor
seq 3; seq 5 -2 1; seq -s , 4; seq -w 8 11; factor 97 1001 123456789012; seq 0.5 0.5 2
#: nl, fold, expand, rev, tac, split words
nl words; fold -w 10 words | head -n 3; expand -t 4 words | tail -n 1; printf '        x\n' | unexpand -a; rev words | head -n 1; tac words; shuf -e a -n 1; yes no | head -n 2
#: basename, dirname, realpath
basename /a/b.c .c; basename /; dirname /a/b; dirname x; mkdir -p r/s; cd r; ln -s s t; [ "$(realpath t)" = "$(pwd -P)/s" ] && echo real; cd t; basename "$(pwd)"; basename "$(pwd -P)"; cd ../..; rm -r r
#: bc and dc
echo 'scale=20; 4*a(1)' | bc -l; echo '2^100; 10/3; scale=5; 10/3; sqrt(2)' | bc; echo 'define f(n) { if (n < 2) { return 1; }; return n * f(n - 1); }; f(30)' | bc; echo '2 3 + p 10 * p' | dc; echo '16 i FF p' | dc
#: strings and ascii
printf 'ab\000longer string\001x\377another one\n' | strings; printf 'ab\000cdef' | strings -n 2; ascii | head -n 3
#: env and printenv
FOO=bar BAR=baz env | grep -E '^(FOO|BAR)' | sort; unset HOME; echo ${HOME-unset}; export Z=1; env | grep ^Z; readonly R=1; R=2; echo not reached
#: time of sleep
sleep 0; sleep 0.05; usleep 1000; echo slept
#: cal
cal 2 2024; cal 9 1752
#: dos2unix
printf 'a\r\nb\n' >d; dos2unix d; od -c d; unix2dos d; od -c d; rm d
#: run-parts, which and install
install -m 750 words inst; stat -c %a inst; cmp inst words && echo same; install -d -m 700 idir; stat -c %a idir; rm -r inst idir
#: yes and a closed pipe
yes | head -n 1; (yes; echo ${?}>&2) 2>&1 | head -n 2; seq 100000 | head -n 1; cat /dev/zero | head -c 5 | od -An -tx1
#: large pipelines
seq 20000 | sort -r | sed 's/9/nine/' | awk '{ s += length($0) } END { print s, NR }'; seq 3000 | tr '\n' ' ' | wc -w; head -c 300000 /dev/zero | tr '\0' x | md5sum; seq 50000 | gzip | gunzip | tail -n 1
#: many processes
for i in 1 2 3 4 5 6 7 8 9 10; do (for j in 1 2 3; do echo $((i * j)); done) & done | sort -n | tail -n 3; wait; i=0; while [ $i -lt 50 ]; do x=$(echo $i); i=$((i + 1)); done; echo $x
#: deep recursion and long lines
f() { [ $1 -gt 0 ] && f $(($1 - 1)) || echo bottom; }; f 500; s=x; i=0; while [ $i -lt 14 ]; do s=$s$s; i=$((i + 1)); done; echo ${#s}; echo "$s" | wc -c
