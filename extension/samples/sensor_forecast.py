"""Forecasts the temperature of a room an hour ahead from a day of readings.

sensor_readings.csv has 2,000 readings of temperature, humidity and power, one an hour. Train Model shows how its
columns become windows of 24 steps before anything is trained; look at the gates when the heating goes on.
"""
from tensorflow import keras
from tensorflow.keras import layers

# rnn: data=sensor_readings.csv epochs=20 batch_size=32
model = keras.Sequential([
    keras.Input(shape=(24, 3)),
    layers.GRU(24),
    layers.Dense(1),
])
model.compile(optimizer="adam", loss="mse")
