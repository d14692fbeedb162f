#!/bin/sh
set -e
# rm -rf /
echo "a b" 'c $d' e\ f # no
