"""The notes' network in PyTorch: answers every line on stdin with the milliseconds of one training step, by the clock and of CPU."""
import sys, time

import torch

threads = int(sys.argv[1])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(28, 150, num_layers=3, batch_first=True)
        self.softmax = torch.nn.Linear(150, 10)

    def forward(self, x):
        return self.softmax(self.lstm(x)[0][:, -1])


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
loss_of = torch.nn.CrossEntropyLoss()
x = torch.rand(150, 28, 28)
y = torch.arange(150) % 10


def step():
    optimizer.zero_grad()
    loss = loss_of(net(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(3):
    step()
print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread", flush=True)
for _ in sys.stdin:
    started, used = time.perf_counter(), time.process_time()
    step()
    print((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000, flush=True)
