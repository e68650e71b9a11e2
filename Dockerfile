# press-corpus with all extras for users, as a user without privileges. See README.md, "Container".
#     docker build -t press-corpus .
#     docker run --rm -v corpus:/corpus press-corpus crawl qq
FROM python:3.13-slim AS build
ARG PIP_INDEX_URL=https://pypi.org/simple
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
ARG PIP_INDEX_URL=https://pypi.org/simple
COPY --from=build /wheels /wheels
# Any user may write to the two folders: compose.yaml can set the user to the owner of the mounted folder.
RUN pip install --no-cache-dir "$(echo /wheels/*.whl)[cluster,fast,notices,pdf,pictures,postgres]" \
    && rm -r /wheels \
    && useradd --uid 10001 --create-home press-corpus \
    && install --directory --mode=1777 /corpus /project
ENV OUTPUT_DIR=/corpus PYTHONUNBUFFERED=1
USER 10001:10001
# /corpus: articles and ledger. /project: scrapy.cfg, spiders/, fixtures/ and .env of `press-corpus init`; may be empty.
VOLUME ["/corpus", "/project"]
WORKDIR /project
ENTRYPOINT ["press-corpus"]
CMD ["schedule"]
