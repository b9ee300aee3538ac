#!/bin/bash -eu
# Builds the fuzz targets for ClusterFuzzLite, from the root of the repository. The
# image sets OUT, CXX, CXXFLAGS and LIB_FUZZING_ENGINE.
#
# go-fuzz instruments, so that libFuzzer sees the coverage of Go; a coverage report
# (SANITIZER=coverage) is not made that way.
if [ "${SANITIZER:-}" = coverage ]; then
  echo "no coverage report of targets that go-fuzz instruments; use fuzzing and batch builds" >&2
  exit 1
fi
export GOTOOLCHAIN=auto # the image may have an older Go than go.mod asks for

go tool mage fuzz:corpus tmp/fuzz/seeds
for target in FuzzCodec5 FuzzCodec311 FuzzCodec31 FuzzMochi5 FuzzMochi311 FuzzPahoGolang FuzzPahoMQTT; do
  go tool mage fuzz:archive "$target"
  $CXX $CXXFLAGS $LIB_FUZZING_ENGINE "tmp/fuzz/$target.a" -o "$OUT/$target"
  cp tmp/fuzz/seeds.dict "$OUT/$target.dict"
  rm -f "$OUT/${target}_seed_corpus.zip"
  (cd tmp/fuzz/seeds && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
done
