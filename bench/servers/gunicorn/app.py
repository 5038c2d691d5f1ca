"""A small web application: it computes, and it takes uploads."""
import hashlib

from flask import Flask, request

from shop import total

app = Flask(__name__)


@app.get("/total")
def show_total():
    return f"total {total(request.args.getlist('price', type=int))}\n"


@app.post("/upload")
def upload():
    file = request.files["upload"]  # larger ones are on disk by now
    return f"sha256 {hashlib.file_digest(file.stream, 'sha256').hexdigest()}\n"


@app.get("/healthz")
def healthz():
    return "ok\n"
