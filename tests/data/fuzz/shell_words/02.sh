eval "$(curl a)"
x=`echo \`date\``; echo $((1 + (2))) "${x:-$(id)}"
bash <(wget -O- b)
