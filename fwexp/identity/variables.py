"""The environment variables that change arithmetic."""

from collections.abc import Mapping

# They pick another kernel, another order of a sum or another precision. Not here: what only names
# devices, and what fwexp sets itself: thread counts, TF32.
ARITHMETIC = (
    *("ATEN_", "TORCHINDUCTOR_", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TORCH_BLAS_PREFER_"),
    *("TORCH_CUDNN_USE_HEURISTIC_MODE_B", "DISABLE_ADDMM_CUDA_LT", "MKL_DEBUG_CPU_TYPE"),
    *("TF_CUDNN_", "TF_DETERMINISTIC", "TF_DISABLE_", "TF_ENABLE_", "TF_FORCE_", "TF_XLA_FLAGS"),
    *("TF_USE_", "XLA_FLAGS", "KERAS_BACKEND", "KERAS_NNX_ENABLED"),
    *("CUBLAS_WORKSPACE_CONFIG", "CUBLASLT_", "CUDNN_", "NVIDIA_TF32_OVERRIDE"),
    *("MKL_CBWR", "MKL_DYNAMIC", "MKL_ENABLE_INSTRUCTIONS", "KMP_DETERMINISTIC_REDUCTION"),
    *("ONEDNN_", "DNNL_", "OPENBLAS_CORETYPE"),
    *("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"),
)
# Begin like those above, but only say more, or where to keep files.
HARMLESS = (
    *("ONEDNN_VERBOSE", "DNNL_VERBOSE", "ONEDNN_JIT_DUMP", "DNNL_JIT_DUMP", "ONEDNN_JIT_PROFILE"),
    *("TORCHINDUCTOR_CACHE_DIR", "CUDNN_LOG", "CUBLASLT_LOG", "TF_ENABLE_GPU_GARBAGE_COLLECTION"),
)


def arithmetic_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Those of the environment's variables that change a result, by name."""
    return {
        name: environment[name]
        for name in sorted(environment)
        if name.startswith(ARITHMETIC) and not name.startswith(HARMLESS)
    }
