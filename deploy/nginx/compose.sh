#!/bin/sh
# compose.sh: nginx in its container (docker-compose.yml), by waymark.conf as it
# is but for the name. Runs without root and writes below /tmp and to standard
# output only. WAYMARK_NAME: by which agencies call this door. TOP: where the
# files lie, for a test; else nothing. Words behind it are nginx's.
set -eu
top=${TOP-}
tmp=${TMPDIR:-/tmp}
sed "s|server_name waymark\.example;|server_name $WAYMARK_NAME;|" \
    "$top/etc/waymark/waymark.conf" >"$tmp/waymark.conf"
cat >"$tmp/nginx.conf" <<END
pid $tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    client_body_temp_path $tmp/body;
    proxy_temp_path $tmp/proxy;
    fastcgi_temp_path $tmp/fastcgi;
    uwsgi_temp_path $tmp/uwsgi;
    scgi_temp_path $tmp/scgi;
    include $tmp/waymark.conf;
}
END
ln -sf /dev/stdout "$top/var/log/nginx/waymark.log"
ln -sf /dev/stderr "$top/var/log/nginx/waymark.error.log"
exec nginx -c "$tmp/nginx.conf" -g 'daemon off;' "$@"
