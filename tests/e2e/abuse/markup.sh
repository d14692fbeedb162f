# SAFE: what is meant to end an XML element, a CDATA part or a JSON string early is text in all three reports.
# SAFE-SYSTEMD: the same.
# VERDICT: any
for text in ']]></system-out><testcase name="forged"/><!--' '"}],"verdict":"pass","x":[{"' '</pre></td></table></script><script>alert(1)</script>' '&#0;&#x1b;&lt;' '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'; do
	printf 'error: %s\n' "$text" | tee -a /var/log/markup.log
	: >"/opt/abuse/$(printf %s "$text" | tr / _)"
done
printf 'error: \0 nul \1 \377\376 half \303\n' | tee -a /var/log/markup.log
