"""Parity: is a model's torch implementation the same computation as its Keras one?"""
