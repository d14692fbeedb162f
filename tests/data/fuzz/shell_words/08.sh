echo $'\x41\102\n' "a\
b" c\
d
e
