# The release key on a PKCS#11 token (SoftHSM): named by the policy, it signs what is let out, beside the store's own key, and alone; nothing of it lies in the store.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
library=/usr/lib/softhsm/libsofthsm2.so
mkdir tokens
echo "directories.tokendir = $WORK/tokens" > softhsm2.conf
export SOFTHSM2_CONF=$WORK/softhsm2.conf
softhsm2-util --init-token --free --label sluice --so-pin 1234 --pin 1234 > /dev/null
openssl req -x509 -newkey rsa:3072 -nodes -keyout key.pem -out key.crt -subj /CN=release -days 400 2> /dev/null
openssl pkcs8 -topk8 -nocrypt -in key.pem -out key.p8
openssl x509 -in key.crt -outform der -out key.der
softhsm2-util --import key.p8 --token sluice --label release --id 01 --pin 1234 > /dev/null
pkcs11-tool --module "$library" --login --pin 1234 --write-object key.der --type cert --id 01 --label release > /dev/null 2>&1
shred -u key.pem key.p8

new_org "deb"
home=$store/keys/release
# The PIN: asked by gpg's agent, answered by a program; people would type it once.
cat > pin <<'PIN'
#!/bin/sh
echo "OK ready"
while read -r word rest; do
	case $word in
		GETPIN) printf 'D 1234\nOK\n' ;;
		BYE) echo OK; exit 0 ;;
		*) echo OK ;;
	esac
done
PIN
chmod +x pin
printf 'providers token\nprovider-token-library %s\n' "$library" > "$home/gnupg-pkcs11-scd.conf"
printf 'scdaemon-program /usr/bin/gnupg-pkcs11-scd\npinentry-program %s\n' "$WORK/pin" > "$home/gpg-agent.conf"
grip=$(gpg-connect-agent --homedir "$home" 'SCD LEARN --force' /bye 2> /dev/null | sed -n 's/^S KEY-FRIEDNLY \([0-9A-F]*\).*/\1/p')
[ -n "$grip" ]
gpg-connect-agent --homedir "$home" 'LEARN --sendinfo' /bye > /dev/null 2>&1
printf 'Key-Type: RSA\nKey-Grip: %s\nKey-Usage: sign\nName-Real: On a token\nExpire-Date: 1y\n%%commit\n' "$grip" > parameters
gpg --homedir "$home" --batch --gen-key parameters 2> /dev/null
gpgconf --homedir "$home" --kill all
token=$(gpg --homedir "$home" --batch --with-colons --list-keys "On a token" | awk -F: '/^fpr/{print $10; exit}')
own=$(olga --json key list | jq -r '.keys[] | select(.key == "release").fingerprint')

rotate() { # KEY...: the policy's own release keys
	sed '/^own-keys/d' policy.yaml > next.yaml
	echo "own-keys: {release: [$(printf '"openpgp:%s", ' "$@" | sed 's/, $//')]}" >> next.yaml
	mv next.yaml policy.yaml
	sign_detached "$store/trial" policy.yaml
	expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
}
rotate "$own" "$token"
release_acme 1.0 1
tree=$(olga channel tree production)
olga trust export > both.json
for key in "$own" "$token"; do
	jq --arg key "$key" '.release_keys = [$key]' both.json > one.json
	expect 0 "$SLUICE" audit verify "$tree" --trust one.json
done
rotate "$token"
expect 0 olga channel stop production --reason "signed again, by the token alone"
olga trust export > token.json
expect 0 "$SLUICE" audit verify "$tree" --trust token.json
gpg --homedir "$store/trial" --batch --list-packets "$tree/release.json.asc" 2> /dev/null | grep -c '^:signature packet' | grep -qx 1
# Without the token nothing is signed, and it is said.
mv tokens away
gpgconf --homedir "$home" --kill all
expect 4 olga channel stop production --reason "once more"
expect 0 "$SLUICE" audit verify "$tree" --trust token.json
