# Building llama.cpp's command-line helpers more than doubles the build time and Cairn uses only the library.
# Upstream forces the cache entry ON; a normal variable shadows it.
set(LLAMA_BUILD_COMMON OFF)
