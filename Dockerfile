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
# Of what the development needs, only the bundler, in the version of the lock file. Types are checked in CI.
RUN npm install --omit=dev --no-save --save-prod --ignore-scripts --no-audit --no-fund \
  "rolldown@$(node --print 'require("./package.json").devDependencies.rolldown')"
COPY tsconfig.json tsconfig.build.json rolldown.config.ts ecr-local.schema.json scan-findings.schema.json ./
COPY scripts ./scripts
COPY smithy-models ./smithy-models
COPY src ./src
RUN node scripts/bundle.js

FROM libraries
# Where LocalStack's users mount scripts and state: scripts run at that moment, and the state is that of ecr-local.
RUN mkdir -p /etc/ecr-local /var/lib/ecr-local /etc/localstack/init/boot.d /etc/localstack/init/start.d \
  /etc/localstack/init/ready.d /etc/localstack/init/shutdown.d \
  && ln -s ecr-local /var/lib/localstack && chown node:node /var/lib/ecr-local
COPY --from=build /app/dist /app/dist
COPY smithy-models /app/smithy-models
COPY ecr-local.schema.json scan-findings.schema.json /app/

ENV NODE_ENV=production ECR_LOCAL_HOST=0.0.0.0 ECR_LOCAL_DATA_DIR=/var/lib/ecr-local
# An ecr-local.json that is mounted here is found without a flag.
WORKDIR /etc/ecr-local
# The user `node` of the base image, by number, so that an orchestrator can verify that it is not root.
USER 1000:1000
VOLUME /var/lib/ecr-local
EXPOSE 4566
# Follows the variables of the image for the port and the certificate, of which it checks only that it is used.
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s CMD ["node", "--no-warnings", "-e", "\
  const { ECR_LOCAL_PORT: port = 4566, ECR_LOCAL_TLS_CERT: certificate } = process.env; \
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; \
  fetch(`http${certificate ? 's' : ''}://127.0.0.1:${port}/ready`) \
    .then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node as process 1 handles SIGTERM itself. `docker run --init` is for scripts that leave processes behind.
ENTRYPOINT ["node", "/app/dist/ecr-local.cjs"]
CMD ["start"]
