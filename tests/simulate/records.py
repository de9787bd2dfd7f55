"""Waymark's records off a topic, decoded by the schemas of the repository.

A dump is what kcat writes with FORMAT: lengths of key and value in a line,
then their bytes. Values are framed as Confluent's clients do it.
"""
import json
import os
import struct
import uuid

FORMAT = "%K %S\\n%k%s"
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "..", "..", "schemas")


def read_dump(path):
    """(key, value) of each record, in the log's order."""
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        n_key, n_value = (max(0, int(n)) for n in data[at:end].split())
        at = end + 1
        yield data[at:at + n_key], data[at + n_key:at + n_key + n_value]
        at += n_key + n_value


class Schemas:
    """Decoders by schema id."""

    def __init__(self):
        self.by_id = {}
        self.named = {}
        for line in open(os.path.join(SCHEMAS, "ids.lock"), encoding="utf-8"):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            number, file = int(words[0]), words[-1]
            if not file.endswith(".avsc"):
                file = words[1] + ".avsc"
            self.by_id[number] = json.load(
                open(os.path.join(SCHEMAS, file), encoding="utf-8"))

    def decode(self, value):
        """(name, fields) of a framed value."""
        number = struct.unpack(">I", value[1:5])[0]
        schema = self.by_id[number]
        self.named = {}
        return schema["name"], Reader(value[5:], self.named).read(schema)


class Reader:
    """Avro's binary encoding, as far as these schemas go."""

    def __init__(self, data, named):
        self.data, self.at, self.named = data, 0, named

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def long(self):
        shift = result = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (result >> 1) ^ -(result & 1)

    def read(self, schema):
        if isinstance(schema, list):
            return self.read(schema[self.long()])
        if isinstance(schema, str):
            return self.simple(schema)
        kind = schema["type"]
        if isinstance(kind, (dict, list)):
            return self.read(kind)
        if kind in ("record", "fixed"):
            self.named[schema["name"]] = schema
        if kind == "record":
            return {f["name"]: self.read(f["type"]) for f in schema["fields"]}
        if kind == "fixed":
            return str(uuid.UUID(bytes=self.take(schema["size"])))
        if kind == "array":
            return self.array(schema["items"])
        return self.simple(kind)

    def array(self, items):
        out = []
        while True:
            n = self.long()
            if n == 0:
                return out
            if n < 0:
                n = -n
                self.long()
            out += [self.read(items) for _ in range(n)]

    def simple(self, kind):
        if kind in self.named:
            return self.read(self.named[kind])
        if kind == "null":
            return None
        if kind == "boolean":
            return self.take(1) == b"\x01"
        if kind in ("int", "long"):
            return self.long()
        if kind in ("string", "bytes"):
            data = self.take(self.long())
            return data.decode() if kind == "string" else data
        raise ValueError(kind)
