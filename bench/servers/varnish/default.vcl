vcl 4.1;
import std;

# The application behind the cache is Varnish itself, on a port of its own.
backend default {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    if (std.port(local.ip) == 8080) {
        return (synth(200, "OK"));
    }
}

sub vcl_synth {
    set resp.http.Cache-Control = "max-age=60";
    set resp.http.Content-Type = "text/plain";
    synthetic("answer " + req.xid + " for " + req.url);
    return (deliver);
}
