"""The service that most people write first: one request, one run, in the handler. Uvicorn's workers are processes."""

import uvicorn
from fastapi import FastAPI, Request

from classifier import PORT, WORKERS, classify, decode, labels_of, open_session, top

app = FastAPI()
session = open_session()
labels = labels_of(session)


@app.post("/classify")
async def post_classify(request: Request) -> dict:
    image = decode(await request.body())
    return {"predictions": top(classify(session, image[None])[0], labels)}


@app.get("/health")
async def health() -> dict:
    return {"ready": True}


if __name__ == "__main__":
    uvicorn.run("fastapi_service:app", host="127.0.0.1", port=PORT, workers=WORKERS, access_log=False, log_level="warning")
