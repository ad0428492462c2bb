"""Puts cloakroom.py in front of any WSGI app (Flask, Django): app.wsgi_app = RequireSignature(app.wsgi_app, keys, "api.example.com")."""
import io
import logging
import time

import cloakroom

REFUSAL = b'{"type":"about:blank","title":"Forbidden","status":403,"code":"signature_refused"}\n'
LARGEST_CONTENT = 1_048_576
log = logging.getLogger("cloakroom")


class RequireSignature:
    def __init__(self, app, keys, authority):
        self.app, self.keys, self.authority, self.nonces = app, keys, authority, cloakroom.Nonces()

    def __call__(self, environ, start_response):
        try:
            covered = self.admit(environ)
        except Exception as error:  # whatever goes wrong is a refusal; one answer for all of them
            log.warning("refused: %s", error)
            headers = [("Content-Type", "application/problem+json"), ("Cloakroom-Error", "signature_refused")]
            start_response("403 Forbidden", headers)
            return [REFUSAL]
        for name in list(environ):
            # What an app would believe of a proxy and no signature covers is dropped.
            field = name.removeprefix("HTTP_").replace("_", "-").lower()
            if name.startswith("HTTP_") and field.startswith(("cloakroom-", "x-forwarded-", "forwarded", "x-real-ip", "x-http-method")):
                if field not in covered:
                    del environ[name]
        environ["cloakroom.covered"] = covered
        return self.app(environ, start_response)

    def admit(self, environ):
        # PATH_INFO is decoded and cannot be signed. gunicorn has RAW_URI, uWSGI and mod_wsgi have REQUEST_URI.
        target = environ.get("RAW_URI") or environ["REQUEST_URI"]
        path, mark, query = target.partition("?")
        if not path.startswith("/"):
            raise cloakroom.Refused("malformed")
        fields = [(name[5:].replace("_", "-").lower(), value) for name, value in environ.items() if name.startswith("HTTP_")]
        fields += [("content-type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else []
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > LARGEST_CONTENT or environ.get("HTTP_TRANSFER_ENCODING"):
            raise cloakroom.Refused("content_too_large")
        content = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(content)
        request = cloakroom.Request(environ["REQUEST_METHOD"], environ["HTTP_HOST"], path, query if mark else None, fields, content)
        return cloakroom.verify(request, self.keys, self.authority, self.nonces, int(time.time()))
