"""Which calls of the libraries are compared with which of ours."""

from __future__ import annotations

import libraries as of
from libraries import Call, chosen, given, our_calibration

import quantcore as qc

AFFINE, CHANNEL, CHOICE = "affine_per_tensor", "affine_per_axis", "qparams_minmax"

# fmt: off
CALLS = {
    "torch.quantize_per_tensor": Call(of.torch_per_tensor, given("torch_per_tensor"), "torch", AFFINE),
    "torch.quantize_per_channel": Call(
        of.torch_per_channel, given("torch_per_channel", by_rows=True), "torch", CHANNEL),
    "torch.fake_quantize_per_tensor_affine": Call(
        of.torch_fake_quantize, given("torch_fake_quantize"), "torch", "fake_quant"),
    "torch quantized_decomposed.quantize_per_tensor": Call(
        of.decomposed("tensor", False), given("torch_pt2e", of.np.float64), "torch", AFFINE),
    "torch quantized_decomposed.quantize_per_channel": Call(
        of.decomposed("channel", True), given("torch_pt2e_per_channel", of.np.float64, True), "torch", CHANNEL),
    "torch quantized_decomposed.quantize_per_token": Call(
        of.decomposed("token", True), given("torch_pt2e_per_token", of.np.float64, True), "torch", CHANNEL),
    "torch MinMaxObserver affine": Call(
        of.torch_observer("per_tensor_affine"), chosen("torch", qc.UINT8), "torch", CHOICE),
    "torch MinMaxObserver symmetric": Call(
        of.torch_observer("per_tensor_symmetric"), chosen("torch", qc.UINT8, "symmetric"), "torch", CHOICE),
    "torch._choose_qparams_per_tensor": Call(of.torch_dynamic, chosen("torch_dynamic", qc.UINT8), "torch", CHOICE),
    "fbgemm::ChooseQuantizationParams": Call(of.fbgemm, chosen("fbgemm", qc.INT8), "torch", CHOICE),
    "torchao ASYMMETRIC": Call(
        of.torchao("ASYMMETRIC"), chosen("torchao", qc.INT8, by_rows=True), "torchao", CHANNEL),
    "torchao SYMMETRIC": Call(
        of.torchao("SYMMETRIC"), chosen("torchao", qc.INT8, "symmetric", by_rows=True), "torchao", CHANNEL),
    "torchao SYMMETRIC_NO_CLIPPING_ERR": Call(
        of.torchao("SYMMETRIC_NO_CLIPPING_ERR"), chosen("torchao_no_clipping", qc.INT8, "symmetric", by_rows=True),
        "torchao", CHANNEL),
    "torchao _choose_qparams_affine_dont_preserve_zero": Call(
        of.torchao_dont_preserve_zero, chosen("torchao_dont_preserve_zero", qc.UINT8, by_rows=True),
        "torchao", "dont_preserve_zero"),
    "torchao tinygemm": Call(of.torchao_tinygemm, of.our_tinygemm, "torchao", "tinygemm"),
    "onnx QuantizeLinear": Call(of.onnx(of._onnx_reference), given("onnx"), "onnx", AFFINE),
    "onnx QLinearMatMul": Call(
        of.product(of._product_reference), of.our_product("onnx"), "onnx", "int_matmul_requant"),
    "onnxruntime QuantizeLinear": Call(
        of.onnx(of._onnxruntime_session), given("onnxruntime"), "onnxruntime", AFFINE),
    "onnxruntime QLinearMatMul": Call(
        of.product(of._product_session), of.our_product("onnxruntime"), "onnxruntime", "int_matmul_requant"),
    "onnxruntime compute_scale_zp, min_real_range": Call(
        of.onnxruntime_tools, of.our_tools, "onnxruntime", "qparams_ort"),
    "onnxruntime quantize_bias_static_impl": Call(of.onnxruntime_bias, of.our_bias, "onnxruntime", "bias"),
    "onnxruntime percentile": Call(
        of.onnxruntime_calibrator("percentile", True),
        our_calibration("percentile_onnxruntime", "symmetric", bins=512, percentile=99.0),
        "onnxruntime", "calib_percentile", seldom=True),
    "onnxruntime entropy": Call(
        of.onnxruntime_calibrator("entropy", False),
        our_calibration("entropy_onnxruntime", bins=512, quantized_bins=128),
        "onnxruntime", "calib_entropy", seldom=True),
    "onnxruntime distribution": Call(
        of.onnxruntime_calibrator("distribution", False), of.our_distribution,
        "onnxruntime", "calib_distribution", seldom=True),
    "bitsandbytes int8_vectorwise_quant": Call(
        of.bitsandbytes,
        lambda case: chosen("bitsandbytes", qc.INT8, "symmetric", by_rows=True)(of._float16(case)),
        "bitsandbytes", "absmax_per_row"),
    "modelopt fake_tensor_quant": Call(
        of.modelopt, chosen("modelopt", qc.INT8, "symmetric"), "nvidia-modelopt", "fake_quant"),
    "modelopt HistogramCalibrator percentile": Call(
        of.modelopt_calibrator("percentile"), our_calibration("percentile_modelopt", bins=512, percentile=99.0),
        "nvidia-modelopt", "calib_percentile", seldom=True),
    "modelopt HistogramCalibrator entropy": Call(
        of.modelopt_calibrator("entropy"), our_calibration("entropy_modelopt", bins=512),
        "nvidia-modelopt", "calib_entropy", seldom=True),
    "modelopt MseCalibrator": Call(
        of.modelopt_calibrator("multiples"), our_calibration("mse_modelopt_multiples", "symmetric"),
        "nvidia-modelopt", "calib_multiples", seldom=True),
    "LiteRT int8": Call(
        of.litert("int8", "BUILTIN"), of.our_litert("int8", "tflite_x86"), "ai-edge-litert", AFFINE),
    "LiteRT int16": Call(
        of.litert("int16", "BUILTIN"), of.our_litert("int16", "tflite_x86"), "ai-edge-litert", AFFINE),
    "LiteRT int8, reference kernels": Call(
        of.litert("int8", "BUILTIN_REF"), of.our_litert("int8", "tflite"), "ai-edge-litert", AFFINE),
    "LiteRT int16, reference kernels": Call(
        of.litert("int16", "BUILTIN_REF"), of.our_litert("int16", "tflite"), "ai-edge-litert", AFFINE),
}
