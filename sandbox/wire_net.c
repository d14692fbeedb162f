/* wire_net.c - the link from a test root to the sink: a tunnel whose other end is a descriptor, with the default routes on it. */
#include "sandbox/watcher.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

const char wire_resolver[] = "nameserver 198.18.0.1\n";
static const char name[] = "net0";

/* As in linux/ipv6.h, which cannot be included beside net/if.h. */
struct in6_ifreq {
	struct in6_addr address;
	uint32_t prefix;
	int index;
};

static struct sockaddr address4(const uint8_t a[4])
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr ret;

	memcpy(&in.sin_addr, a, 4);
	memcpy(&ret, &in, sizeof ret);
	return ret;
}

static int up(int fd, const char *which)
{
	struct ifreq r = { .ifr_flags = IFF_UP | IFF_RUNNING };

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", which);
	return ioctl(fd, SIOCSIFFLAGS, &r);
}

/* Its address, the server's at the other end, and everything else behind it. */
static int route4(int fd)
{
	static const uint8_t everything[4];
	/* By a gateway, as on any machine: some ask for its address. */
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY,
		.rt_dst = address4(everything),
		.rt_genmask = address4(everything),
		.rt_gateway = address4(wire_server4) };
	struct ifreq r = { .ifr_addr = address4(wire_own4) };
	char device[sizeof name];

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	if (ioctl(fd, SIOCSIFADDR, &r))
		return -1;
	r.ifr_dstaddr = address4(wire_server4);
	if (ioctl(fd, SIOCSIFDSTADDR, &r) || up(fd, name))
		return -1;
	memcpy(device, name, sizeof device);
	route.rt_dev = device;
	return ioctl(fd, SIOCADDRT, &route);
}

/* A machine without IPv6 has none inside either. */
static bool route6(void)
{
	AUTO_FD int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int index = (int)if_nametoindex(name);
	struct in6_ifreq r = { .prefix = 64, .index = index };
	struct in6_rtmsg route = { .rtmsg_flags = RTF_UP, .rtmsg_ifindex = index, .rtmsg_metric = 1 };

	memcpy(&r.address, wire_own6, 16);
	return fd >= 0 && ioctl(fd, SIOCSIFADDR, &r) == 0 && ioctl(fd, SIOCADDRT, &route) == 0;
}

static int refuse(int tun, const char *what, char *ret_why, size_t room)
{
	snprintf(ret_why, room, "%s: %s", what, strerror(errno));
	if (tun >= 0)
		close(tun);
	return -1;
}

int wire_link(bool *ret_v6, char *ret_why, size_t room)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	AUTO_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (tun < 0)
		return refuse(tun, "/dev/net/tun (the kernel module tun)", ret_why, room);
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	/* It goes with its namespace, after us; taken away when we end, the kernel would let us wait for all processors. */
	if (ioctl(tun, TUNSETIFF, &r) || ioctl(tun, TUNSETPERSIST, 1))
		return refuse(tun, "a tunnel", ret_why, room);
	if (fd < 0 || up(fd, "lo") || route4(fd))
		return refuse(tun, "the test root's routes", ret_why, room);
	*ret_v6 = route6();
	return tun;
}
