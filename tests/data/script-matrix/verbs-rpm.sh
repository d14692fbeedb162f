# verbs-rpm.sh - rpm, which has no purge. Two versions may stand side by side after a failing %preun.
install() { rpm -i --nodeps --nosignature "/share/$1.rpm"; }
upgrade() { rpm -U --replacepkgs --oldpackage --nodeps --nosignature "/share/$1.rpm"; }
remove() { rpm -e --nodeps rec; }
purge() { :; }
erase() { remove; }
clear() { ! rpm -q rec || rpm -e --nodeps --noscripts --allmatches rec; }
