"""BentoML with its adaptive batching; its batches take lists, so a picture comes as base64 in a list of one."""

import base64
import sys

import bentoml
import numpy as np

from classifier import PORT, WORKERS, classify, decode, labels_of, open_session, top


@bentoml.service(workers=WORKERS, traffic={"timeout": 60, "max_concurrency": 1024}, logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self) -> None:
        self.session = open_session()
        self.labels = labels_of(self.session)

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=10_000)
    def classify(self, pictures: list[str]) -> list[dict]:
        images = np.stack([decode(base64.b64decode(picture)) for picture in pictures])  # [batch, 32, 32, 3]
        return [{"predictions": top(row, self.labels)} for row in classify(self.session, images)]


if __name__ == "__main__":
    bentoml.serve("bentoml_service:Classifier", host="127.0.0.1", port=PORT, blocking=True, working_dir=sys.path[0])
