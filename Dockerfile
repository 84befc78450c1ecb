# One image for every command of ecr-local: both planes in one process (the default), or `control-plane` and `data-plane` separately.
#
#   docker build -t ecr-local .
#   docker run --rm -p 127.0.0.1:4566:4566 -p 127.0.0.1:4510:4510 -v ecr-local:/var/lib/ecr-local ecr-local
#
# docker-compose.yml combines the planes, Redis and, optionally, an object store.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed (native modules come prebuilt), and `prepare` would need sources that are not here yet.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.ts ecr-local.schema.json scan-findings.schema.json ./
COPY scripts ./scripts
COPY smithy-models ./smithy-models
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# Node as process 1 handles SIGTERM itself and starts no other process, so no init is needed.
RUN mkdir -p /etc/ecr-local /var/lib/ecr-local && chown node:node /var/lib/ecr-local
COPY --from=build /app/package.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY smithy-models /app/smithy-models
COPY ecr-local.schema.json scan-findings.schema.json /app/

ENV NODE_ENV=production ECR_LOCAL_HOST=0.0.0.0 ECR_LOCAL_DATA_DIR=/var/lib/ecr-local
# An ecr-local.json that is mounted here is found without a flag.
WORKDIR /etc/ecr-local
# The user `node` of the base image, by number, so that an orchestrator can verify that it is not root.
USER 1000:1000
VOLUME /var/lib/ecr-local
EXPOSE 4566 4510
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4566/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/ecr-local.cjs"]
CMD ["start"]
