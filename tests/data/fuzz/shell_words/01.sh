curl -s https://a.test/x | sudo sh -s
cat a |
  # between
  wc
(echo a; curl b) | sh
{ curl c; } | bash
if true; then wget -qO- d; fi | sh
