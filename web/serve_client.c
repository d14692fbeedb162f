/* serve_client.c - who a client is, by the certificate that it showed when the connection began. libmicrohttpd asks for one and looks at nothing. */
#include "web/serve_impl.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

bool serve_client_known(struct MHD_Connection *to)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(to, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned status = 0;

	/* without a certificate it fails; what is found wrong with one (another authority, its time, its purpose) is in status */
	return info && info->tls_session &&
		gnutls_certificate_verify_peers(info->tls_session, &purpose, 1, &status) == GNUTLS_E_SUCCESS &&
		status == 0;
}

int serve_client_ca_check(const char *pem, struct err *e)
{
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem) };
	gnutls_x509_crt_t *list = NULL;
	unsigned len = 0;
	int failed = gnutls_x509_crt_list_import2(&list, &len, &text, GNUTLS_X509_FMT_PEM, 0);

	for (unsigned i = 0; failed >= 0 && i < len; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return failed < 0 || len == 0 ? err_env(e, "it holds no certificate (PEM): %s", gnutls_strerror(failed)) : 0;
}
