sh -c 'setenforce 0; echo b' x
su root -c "chmod 777 /a"
eval 'nc -l' 1
trap 'rm a' EXIT
