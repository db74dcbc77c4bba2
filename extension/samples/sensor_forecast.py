"""Forecasts the temperature of a room an hour ahead from a day of readings.

sensor_readings.csv has 2,000 readings of temperature, humidity and power, one an hour. The comment below says which
columns are read, which one is predicted, and from how many steps. 注释说明读哪些列、预测哪一列、窗口多长。

What to do       Press "Train Model"; it takes some ten seconds. "RNN Explorer: Choose Data" shows how columns become
                 windows.
What to look at  The three columns above the gates: units that answer to the heating, to the hour of the day.
                 Take power out of the comment's inputs (and write shape=(24, 2)), and compare the errors.
What to expect   A mean squared error of 0.007 to 0.01, of a temperature brought to mean 0 and deviation 1.
"""
from tensorflow import keras
from tensorflow.keras import layers

# rnn: data=sensor_readings.csv inputs=temperature,humidity,power target=temperature window=24 epochs=20 batch_size=32
model = keras.Sequential([
    keras.Input(shape=(24, 3)),
    layers.GRU(24),
    layers.Dense(1),
])
model.compile(optimizer="adam", loss="mse")
