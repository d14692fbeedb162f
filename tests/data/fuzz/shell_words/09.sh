echo "never closed
nc -l
