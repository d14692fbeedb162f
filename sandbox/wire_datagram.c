/* wire_datagram.c - what a datagram says of itself: encrypted, something a network cannot do without, or what anybody on the way could read. */
#include "base/base.h"
#include "sandbox/wire_talk.h"
#include <ctype.h>
#include <string.h>

/* Readable bytes in a row that hardly any encrypted datagram holds (a chance of 1 in 200,000 in one of 1400 bytes), and any message has. */
enum { READABLE_RUN = 20, TEXT_LEAST = 4, NTP_LEAST = 48, QUIC_LEAST = 1200 };

static bool is_readable(uint8_t c)
{
	return isprint(c) || c == '\n' || c == '\r' || c == '\t';
}

static size_t longest_run(const uint8_t *at, size_t len)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < len; i++) {
		run = is_readable(at[i]) ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static bool is_text(const uint8_t *at, size_t len)
{
	return len >= TEXT_LEAST && longest_run(at, len) == len;
}

/* RFC 5905: version 1 to 4, mode 1 to 7. */
static bool is_ntp(const uint8_t *at, size_t len)
{
	unsigned version = len ? at[0] >> 3 & 7 : 0;

	return len >= NTP_LEAST && version >= 1 && version <= 4 && (at[0] & 7) != 0;
}

/* A header of a question: few questions, an opcode that there is. */
static bool is_dns(const uint8_t *at, size_t len)
{
	return len >= 12 && (at[2] >> 3 & 15) <= 6 && at[4] == 0 && at[5] <= 4;
}

/* BOOTP's fixed part and its cookie, or a message of DHCPv6. */
static bool is_dhcp(const uint8_t *at, size_t len)
{
	return len >= 240 && memcmp(at + 236, "\x63\x82\x53\x63", 4) == 0;
}

static bool is_dtls(const uint8_t *at, size_t len)
{
	return len > 13 && at[0] == 22 && at[1] == 0xfe;
}

static bool is_quic(const uint8_t *at, size_t len)
{
	return len >= QUIC_LEAST && (at[0] & 0xc0) == 0xc0;
}

/* A version of SNMP before 3 in its sequence: the community is said for all to hear, however short it is. */
static bool is_snmp(const uint8_t *at, size_t len)
{
	return len > 8 && at[0] == 0x30 && at[2] == 2 && at[3] == 1 && at[4] <= 1 && at[5] == 4;
}

/* The first that fits; port 0: any. */
static const struct datagram {
	const char *name;
	unsigned port;
	bool (*is_it)(const uint8_t *at, size_t len);
	enum wire_outcome outcome;
} kinds[] = {
	{ "dtls", 0, is_dtls, WIRE_ENCRYPTED },
	{ "quic", 0, is_quic, WIRE_ENCRYPTED },
	{ "syslog", 0, talk_is_syslog, WIRE_CLEARTEXT },
	{ "dns", 53, is_dns, WIRE_UDP },
	{ "ntp", 123, is_ntp, WIRE_UDP },
	{ "dhcp", 67, is_dhcp, WIRE_UDP },
	{ "snmp", 161, is_snmp, WIRE_CLEARTEXT },
	{ "snmp", 162, is_snmp, WIRE_CLEARTEXT },
};

const char *talk_datagram(unsigned port, const uint8_t *at, size_t len, enum wire_outcome *ret)
{
	const char *name;
	bool is_tls;

	for (size_t i = 0; i < COUNT(kinds); i++)
		if ((!kinds[i].port || kinds[i].port == port) && kinds[i].is_it(at, len)) {
			*ret = kinds[i].outcome;
			return kinds[i].name;
		}
	*ret = is_text(at, len) || longest_run(at, len) >= READABLE_RUN ? WIRE_CLEARTEXT : WIRE_UDP;
	if (*ret == WIRE_CLEARTEXT) /* whatever else that port is for */
		return "udp";
	name = talk_port(port, &is_tls);
	return name && !is_tls ? name : "";
}
