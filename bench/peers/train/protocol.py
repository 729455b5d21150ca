"""A peer's side of the conversation: one JSON object a line on standard input, one answer a line on standard output."""

import argparse
import json
import os
import sys

import numpy

arguments = argparse.ArgumentParser()
arguments.add_argument("--network", choices=["deepcnn", "speednet"], required=True)
arguments.add_argument("--batch", type=int, required=True)
arguments.add_argument("--threads", type=int, required=True)
arguments.add_argument("--compiled", action="store_true")
options = arguments.parse_args()

learning_rate = 1e-3
ema_decay = 0.999
momentum = 0.85

# Factor of Σw²/2 in the loss, by parameter; what is not named has none.
weight_decay = {"local3/weights": 0.004, "local4/weights": 0.004} if options.network == "deepcnn" else {}


def read_tensors(path):
    """A safetensors file as numpy arrays."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(data[slice(*entry["data_offsets"])], numpy.float32).reshape(entry["shape"]).copy()
        for name, entry in header.items()
    }


def serve(load, step, differentiate=None):
    """
    load(tensors, labels): takes over the state and the batch (`images`);
    step(): one whole training step, its loss read;
    differentiate(): loss and gradients by name, in kiln's layout; the state stays.
    """
    answers = os.fdopen(os.dup(1), "w")  # whatever else the libraries print goes to standard error
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "load":
            load(read_tensors(request["path"]), numpy.array(request["labels"], numpy.int32))
            answer = {}
        elif request["kind"] == "step":
            answer = {"loss": step()}
        else:
            loss, gradients = differentiate()
            with open(request["path"], "wb") as file:
                for name in request["names"]:
                    file.write(numpy.ascontiguousarray(gradients[name], numpy.float32).tobytes())
            answer = {"loss": loss}
        print(json.dumps(answer), file=answers, flush=True)
