/* pkgsig.h - which bytes of a built package a signature covers, and putting that signature in. Nothing here signs.
 * The file is one our own writer made; its shape is checked again all the same. */
#pragma once
#include "formats/pkg.h"

/* The format of a package whose signature is a file of its own beside it, over the whole package (pacman(8): FILE.sig; a plain archive likewise); NULL: not one. */
const char *pkgsig_beside(int fd);
/* "deb" or "rpm": ranges of fd the signature is to cover (deb: contents of debian-binary, control, data; rpm: main header with its magic). */
int pkgsig_ranges(int fd, struct arena *a, const char **ret_format, struct extent **ret_ranges, size_t *ret_len,
	struct err *e) MUST;
/* Writes the signed package to `to` (an empty file). sig: binary OpenPGP packets; algorithm: OpenPGP public key algorithm (1 RSA, 19 ECDSA, 22 EdDSA).
 * deb: appends _gpgorigin. rpm: drops tags 1002/1005/1006 and old header signatures, sets 268 (RSA) or 267 (others), shrinks 1008.
 * An earlier signature of the same place is replaced. */
int pkgsig_splice(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e) MUST;
