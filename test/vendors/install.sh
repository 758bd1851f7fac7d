#!/bin/sh
# Obtains the servers that `npm run test:vendors` talks to, each from the package registry where its makers publish it:
# Elasticsearch and OpenSearch as jars through Maven, the OpenTelemetry Collector and Jaeger as Go modules, which are
# built here (seven minutes of processor time), and two Python packages. Safe to run again: what is there is left alone.
# Needs mvn, a Java of 21 or newer, go, and python3 with venv. `sh test/vendors/install.sh elasticsearch` obtains that one alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
to=${LIGHTHOUSE_VENDORS:-${XDG_CACHE_HOME:-$HOME/.cache}/lighthouse-vendors}
jaeger=v1.76.0
mkdir -p "$to"

# The newest Java of this machine is not always the one on PATH.
java21() {
  for java in "${JAVA_HOME:-}/bin/java" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] || continue
    version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 21 ]; then
      echo "$java"
      return
    fi
  done
  echo "install: no Java of 21 or newer; set JAVA_HOME" >&2
  exit 1
}

jars() {
  ln -sf "$(java21)" "$to/java"
  mkdir -p "$to/$1/home/config" "$to/$1/home/modules" "$to/$1/home/plugins"
  mvn -q -B -f "$here/$1/pom.xml" dependency:copy-dependencies -DoutputDirectory="$to/$1/home/lib"
}

elasticsearch() {
  [ -e "$to/elasticsearch/there" ] && return
  jars elasticsearch
  # It loads its HTTP layer as a module, from a folder of its own.
  module="$to/elasticsearch/home/modules/transport-netty4"
  mkdir -p "$module"
  mv "$to"/elasticsearch/home/lib/netty-*.jar "$to"/elasticsearch/home/lib/transport-netty4-*.jar "$module"
  cp "$here/elasticsearch/plugin-descriptor.properties" "$module"
  touch "$to/elasticsearch/there"
}

opensearch() {
  [ -e "$to/opensearch/there" ] && return
  jars opensearch
  touch "$to/opensearch/there"
}

collector() {
  [ -x "$to/collector/build/otelcol" ] && return
  mkdir -p "$to/collector"
  (cd "$to/collector" && go run go.opentelemetry.io/collector/cmd/builder@v0.159.0 --config "$here/collector/manifest.yml")
}

# Its module has a replacement in it, so `go install` will not have it; as a tool of a module of ours it is built.
jaeger() {
  [ -x "$to/jaeger/jaeger" ] && return
  mkdir -p "$to/jaeger/module"
  cd "$to/jaeger/module"
  [ -e go.mod ] || go mod init lighthouse.test/jaeger
  go get -tool "github.com/jaegertracing/jaeger/cmd/jaeger@$jaeger"
  go build -trimpath -ldflags "-s -w" -o ../jaeger github.com/jaegertracing/jaeger/cmd/jaeger
}

# moto imitates Amazon; the other is a grammar of Logstash's pipelines, for want of a Logstash.
python() {
  [ -e "$to/python/there" ] && return
  python3 -m venv "$to/python"
  "$to/python/bin/pip" install -q --disable-pip-version-check "moto[server]==5.2.5" "logstash-pipeline-parser==0.0.3"
  touch "$to/python/there"
}

for each in ${*:-elasticsearch opensearch collector jaeger python}; do
  ("$each")
done
