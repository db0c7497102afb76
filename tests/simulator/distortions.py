"""What happens to a picture between a screen and a phone: a camera is never straight or sharp."""

from __future__ import annotations

import random

import cv2
import numpy
from PIL import Image, ImageFilter

_ROOM = 127  # the grey around a screen


def blurred(image: Image.Image) -> Image.Image:
    """Slightly out of focus."""
    return image.convert("L").filter(ImageFilter.GaussianBlur(1.2))


def turned(image: Image.Image) -> Image.Image:
    """The phone is held 8 degrees askew."""
    return image.convert("L").rotate(
        8, Image.Resampling.BICUBIC, expand=True, fillcolor=_ROOM)


def at_an_angle(image: Image.Image, seed: int = 1) -> Image.Image:
    """Taken from below and the side by a small camera: trapezoid, unevenly lit, with noise."""
    chance = random.Random(seed)
    pixels = numpy.asarray(image.convert("L"), dtype=numpy.float32)
    height, width = pixels.shape
    room = min(width, height) // 10
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    inwards = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    moved = [
        (room + x + sign_x * chance.uniform(0, 0.06) * width,
         room + y + sign_y * chance.uniform(0, 0.06) * height)
        for (x, y), (sign_x, sign_y) in zip(corners, inwards)
    ]
    matrix = cv2.getPerspectiveTransform(numpy.float32(corners), numpy.float32(moved))
    taken = cv2.warpPerspective(
        pixels, matrix, (width + 2 * room, height + 2 * room), flags=cv2.INTER_LINEAR,
        borderValue=_ROOM)
    light = numpy.linspace(1.0, chance.uniform(0.7, 0.8), taken.shape[1], dtype=numpy.float32)
    noise = numpy.random.default_rng(seed).normal(0, 8, taken.shape)
    return Image.fromarray(numpy.clip(taken * light + noise, 0, 255).astype(numpy.uint8))


DISTORTIONS = {"blurred": blurred, "turned": turned, "at an angle": at_an_angle}
