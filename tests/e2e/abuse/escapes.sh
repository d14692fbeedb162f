# SAFE: terminal escapes and markup are shown as text, on the terminal, in logs and in the pages.
# SAFE-SYSTEMD: the same.
# VERDICT: any
printf '\033]0;owned\007\033[2J\033[31m<script>alert(1)</script><img src=x onerror=alert(1)>"&amp;\n' | tee /var/log/escapes.log
printf 'error: \033[5m<script>alert(2)</script>\r\010\n' >>/var/log/escapes.log
printf '\302\233 31m error \xff\xfe\n' >>/var/log/escapes.log
touch "/opt/<img src=x onerror=alert(3)>" "$(printf '/opt/\033[31mred\nline')" "$(printf '/var/log/\033[7mlog\n<b>.log')" "$(printf '/opt/\xff\xfe')"
