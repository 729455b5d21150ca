"""LitServe with its dynamic batching: pictures are decoded where they are classified, in worker processes."""

from typing import Annotated

import litserve
import numpy as np
from fastapi import Body

from classifier import PORT, WORKERS, classify, decode, labels_of, open_session, top


class Classify(litserve.LitAPI):
    def setup(self, device):
        self.session = open_session()
        self.names = labels_of(self.session)

    def decode_request(self, request: Annotated[bytes, Body(media_type="image/png")]):
        return decode(request)

    def batch(self, inputs):
        return np.stack(inputs)  # [batch, 32, 32, 3]

    def predict(self, images):
        return classify(self.session, images)

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"predictions": top(output, self.names)}


if __name__ == "__main__":
    api = Classify(max_batch_size=32, batch_timeout=0.002, api_path="/classify")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=WORKERS)
    server.run(host="127.0.0.1", port=PORT, log_level="warning", generate_client_file=False, access_log=False)
