# One image for every command of ecr-local: both planes on one port (the default), or `control-plane` and `data-plane` separately.
#
#   docker build -t ecr-local .
#   docker run --rm -p 127.0.0.1:4566:4566 -v ecr-local:/var/lib/ecr-local ecr-local
#
# docker-compose.yml combines the planes, Redis and, optionally, an object store.

FROM node:24-bookworm-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed (native modules come prebuilt), and `prepare` would need sources that are not here.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --cache /tmp/npm && rm -rf /tmp/npm

FROM libraries AS build
COPY scripts ./scripts
# Of what the development needs, only the bundlers and what the console is made of. Types are checked in CI.
RUN npm install --omit=dev --no-save --save-prod --ignore-scripts --no-audit --no-fund $(node scripts/build-libraries.js)
COPY tsconfig.json tsconfig.build.json rolldown.config.ts vite.config.ts *.schema.json ./
COPY smithy-models ./smithy-models
COPY src ./src
RUN node scripts/bundle.js && node node_modules/vite/bin/vite.js build

FROM libraries
# Scripts and state may also be mounted where LocalStack has its own.
RUN mkdir -p /etc/ecr-local /var/lib/ecr-local /var/lib/localstack /etc/localstack/init/boot.d \
  /etc/localstack/init/start.d /etc/localstack/init/ready.d /etc/localstack/init/shutdown.d \
  && chown node:node /var/lib/ecr-local /var/lib/localstack \
  && ln -s /app/container/ecr-local.js /usr/local/bin/ecr-local \
  && ln -sf /app/container/docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
COPY --from=build /app/dist /app/dist
COPY smithy-models /app/smithy-models
COPY container /app/container
COPY *.schema.json /app/

ENV NODE_ENV=production ECR_LOCAL_HOST=0.0.0.0
# An ecr-local.json that is mounted here is found without a flag.
WORKDIR /etc/ecr-local
# The user `node` of the base image, by number, so that an orchestrator can verify that it is not root.
USER 1000:1000
VOLUME /var/lib/ecr-local
EXPOSE 4566
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s CMD ["node", "/app/container/health.js"]
# Node as process 1 handles SIGTERM itself. `docker run --init` is for scripts that leave processes behind.
ENTRYPOINT ["node", "/app/container/ecr-local.js"]
CMD ["start"]
