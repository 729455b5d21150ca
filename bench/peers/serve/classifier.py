"""What the peers share: kiln's ONNX file in a session, a picture's bytes as a frame, probabilities as an answer."""

import io
import json
import os

import numpy as np
import onnxruntime
from PIL import Image

MODEL = os.environ["MODEL"]
WORKERS = int(os.environ["WORKERS"])
PORT = int(os.environ["PORT"])


def open_session() -> onnxruntime.InferenceSession:
    """One of WORKERS sessions, which share the cores evenly."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, len(os.sched_getaffinity(0)) // WORKERS)
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])


def labels_of(session: onnxruntime.InferenceSession) -> list[str]:
    return json.loads(session.get_modelmeta().custom_metadata_map["kiln.labels"])


def decode(picture: bytes) -> np.ndarray:
    """uint8 RGB [32, 32, 3]; the benchmark's pictures already have the frame's size."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def classify(session: onnxruntime.InferenceSession, images: np.ndarray) -> np.ndarray:
    """uint8 [batch, 32, 32, 3] to float32 [batch, labels]."""
    return session.run(["probabilities"], {"images": images})[0]


def top(probabilities: np.ndarray, labels: list[str], k: int = 5) -> list[dict]:
    """What kiln answers about one picture: the k most probable labels."""
    order = np.argsort(-probabilities)[:k]
    return [
        {"label": labels[index], "index": int(index), "probability": float(probabilities[index])} for index in order
    ]
